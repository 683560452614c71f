"""Rules for names of persons and what is said of them."""
