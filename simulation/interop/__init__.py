"""Talking with other people's toolkits: DialogueKit and, through it, UserSimCRS. Optional; see docs/interoperation.md.

`agent`, `user` and `recommender` need DialogueKit (the extra `interop`); nothing else imports them.
"""
