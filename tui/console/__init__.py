"""What the console knows beside its screen: who may call, and what was typed before."""
