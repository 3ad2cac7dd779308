"""What a message says, apart from its need: language, intent, ages, whether it can be read."""
