"""What the commands ``falcolab capture ...`` do; they are declared in ``capture.commands``."""
