"""What a citizen can do, one file per service 服务事项."""
