"""What every way in does: accept a request, put it on record, start its orchestration, once however often it arrives."""
