"""What a phrase of the lexicon can mean, by one letter each."""

CONCEPT, SAYING, ALIAS, NAME, MEASURE, NUMERAL, PARTICLE, ALONE = "csanmxpo"
"""A concept, one that gives answers and speaks of no task, a task, a checkpoint or family, what is
counted, a factor, a particle, a factor that may stand without a number. A phrase hides shorter ones
of its kind inside it."""

BETWEEN = "|"
"""Stands between what a phrase may mean, and between lists of ids."""

NUMBER_OF = "number-of-"
"""Before the id of a measure: the concept that a number of it stands for."""

QUOTED, QUOTED_QUESTION = "quoted-words", "quoted-question"
"""The concepts that words in quotation marks stand for; their own mean nothing."""

SERVED = "served"
"""What a sentence names by the name of a model that companies serve, whose weights nobody has."""

AND, OR, INTO = JOINING = ("and", "or", "into")
"""Particles of single words that join what stands beside them."""

ABBREVIATION, NUMBER_WORD = "abbreviation", "number-word"
"""Particles behind which a full stop before a number ends nothing, and of numbers in words."""

ROLES = ("seen", "thing", "joined")
"""What is seen or heard, what else something is done with, and acts that `and` joins to others."""

SHELF = 2
"""Phrases stand together that begin with the same so many letters, so that few are read."""

NEXT, MEANS = "\x85", "\xa0"
"""Between the phrases of a shelf, and before what one means: blanks, so they stand in no word."""
