"""What ``bench/models.py`` is made of: a zoo of models, engines that run them, and the measuring of both."""
