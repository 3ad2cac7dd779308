"""Delivery: takes what lies in the outbox to a person, by mail or into a helpdesk.

What is promised. A callback and its outbox item are stored in one transaction before the person
reads "stored" (``bot/storage/handovers.py``). The item is leased before it is handed over, and the
note that it was taken over is written in the moment the receiver says so: for mail after the
server's 250 for the text and before the dialogue is closed. Nothing is ever dropped: a failure is
tried again, what was given up stays visible as a dead letter.

So each item arrives exactly once, unless the process dies, or the connection breaks, between the
receiver's acceptance and our note. Then it is handed over once more, and this is made harmless:
a mail carries the same Message-ID, made from the idempotency key, and the same bytes, so that mail
servers and readers fold both into one; a helpdesk is asked for our reference before anything is
created there.
"""
