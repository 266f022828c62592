"""Passes of mypipeline."""
