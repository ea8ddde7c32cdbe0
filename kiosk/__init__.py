"""What a terminal does: visits, steps, services, the centre's API. No Qt, no device library."""
