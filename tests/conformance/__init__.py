"""What the real Falco says about real captures, compared with what falcolab says."""
