"""Reusable pieces of every face. Each shows what it is told and emits what was touched; none knows a sale."""
