"""What Rasa's dialogue side needs from us: crisis policy, texts, tracker store, patches."""
