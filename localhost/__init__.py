"""The Functions host on one machine, with no Azure: `python -m localhost`.

A thin host made of Microsoft's own parts: azure-functions-runtime (the real worker) indexes and invokes the app,
durabletask's in-memory backend, with its traps mended, is the task hub. What loads here loads in Azure.
A tool beside the app: the app never imports it, and it is not deployed.
"""
