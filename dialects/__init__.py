"""Dialects of mypipeline."""
