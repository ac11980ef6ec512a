"""What an opening does where something fails: an object that is damaged, a share that is none."""
