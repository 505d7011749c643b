"""The tasks, one folder each, found by ``catalog.TASKS``; ``tltool.task`` says what a task consists of."""
