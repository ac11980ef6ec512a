"""The live stream: who watches, as what, and the frames that each of them is sent."""
