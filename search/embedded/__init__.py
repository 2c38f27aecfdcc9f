"""Searching the index of this machine: arrays mapped from the disk, nothing else to run."""
