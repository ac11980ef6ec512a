"""The centre's draw service as a program: it holds the centre's keys and the pool's secrets."""
