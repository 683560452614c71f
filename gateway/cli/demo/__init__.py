"""``evidence-gateway demo``: the main job from start to end on a real server, narrated."""
