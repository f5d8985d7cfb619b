"""Web pages over the published marts; they read and never write, and hold no rules of the business."""
