"""What a text's own structure says of its values: labels, legends, captions, encodings."""
