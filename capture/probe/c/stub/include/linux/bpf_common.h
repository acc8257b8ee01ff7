/* bcc includes this; the probe needs nothing of it. */
