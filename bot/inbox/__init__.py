"""The staff inbox: live conversations, callbacks, accounts. ``python -m bot.inbox`` serves it."""
