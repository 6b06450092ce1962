"""Listening: questionnaires put before people, their letters, and what becomes of the answers.

- `making`: a survey is made, copied, opened, closed; `changing`: its questionnaire is changed.
- `pictures`: the pictures of its stimuli; `planning`: whom to ask.
"""

__all__: list[str] = []
