"""PDF: read by glyphs, set anew, every layer seen again."""
