"""What happens: the world is built, and acts are performed as real calls on a running lab.

It knows nothing of steps and of nobody who watches.
"""
