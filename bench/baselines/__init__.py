"""What the export is measured against: programs as anyone would write them, with pooled connections."""
