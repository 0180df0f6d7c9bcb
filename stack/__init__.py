"""Everything on one machine with no Azure: Azurite, the emulator and the app on its local host, started and stopped."""
