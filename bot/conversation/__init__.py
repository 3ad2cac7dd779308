"""One question's way from text to reply. The steps stand in :mod:`bot.conversation.answer`."""
