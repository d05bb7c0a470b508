"""What gateways and servers of the Model Context Protocol write into their audit trail."""
