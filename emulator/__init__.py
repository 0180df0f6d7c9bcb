"""The Custom Vision service on one machine: a faithful local Training and Prediction API, as Azurite is for storage."""
