"""The tasks, one folder each; ``tltool.task`` says what a task consists of."""
