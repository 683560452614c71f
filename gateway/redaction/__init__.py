"""Plan and apply: from findings to a rendition that is proved clean. Pure; formats do the bytes."""
