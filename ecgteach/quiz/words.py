"""Every sentence that a quiz, a reading and a study say by themselves, in one place."""

RIGHT = "Right."
NOT_RIGHT = "Not right. Look again at what the question asks."
KEPT = "Your answer is kept. This copy holds no answers; whoever gave it to you has them."
EMPTY = "Answer first; nothing was judged."

NO_NUMBER = "{answer!r} is no number; write such as {example}"
OTHER_UNIT = "{answer!r} is in {given}, and the question asks for {wanted}"
NO_UNIT = "{answer!r} has a unit, and the question asks for a plain number"

ALL_FOUND = "All that are true, and no other."
SOME_LEFT = "True as far as it goes; {left} more {is_are} true."
MARKS_FOUND = "Marked in {beats} of {of} beats, {right} marks right, {wrong} not."
MORE_BEATS = "Mark it in {needed} beats, so that it can be seen to repeat."
NO_MARKS = "Nothing is marked yet."
NEITHER_WAY = "This mark lies on what speaks neither way."
NOT_THERE = "This strip has no such stretch; the question does not fit it."

FEATURE_QUESTIONS = {
    "regularity": "Do the QRS complexes come regularly?",
    "rate": "How fast do they come?",
    "p": "P waves?",
    "qrs": "How wide is QRS?",
}
FEATURE_READINGS = {
    "regularity": {"regular": "regular", "irregular": "irregular"},
    "rate": {"slow": "under 60", "usual": "60 to 100", "fast": "over 100"},
    "p": {
        "before": "one before each QRS",
        "elsewhere": "some, but not one before each QRS",
        "none": "none before QRS",
        "cannot": "cannot tell",
    },
    "qrs": {"narrow": "narrow, under 120 ms", "wide": "wide, 120 ms or more"},
}
FEATURE_NAMES = {"regularity": "regularity", "rate": "rate", "p": "P waves", "qrs": "QRS width"}
FEATURE_TRUTHS = {
    ("regularity", "unknown"): "too few beats to tell whether regular",
    ("rate", "unknown"): "the beats of this strip cannot be counted safely",
    ("rate", "known"): "{rate:.0f} a minute",
    ("p", "unknown"): "nobody has marked the P waves of this strip",
    ("p", "cannot"): "too little room between T and QRS to tell",
    ("p", "before"): "a P wave before each QRS",
    ("p", "elsewhere"): "P waves, but not one before each QRS",
    ("p", "none"): "no P wave before QRS",
    ("p", "flutter"): "flutter waves, and no P wave",
    ("qrs", "unknown"): "nobody has measured the QRS of this strip",
    ("qrs", "known"): "{width:.0f} ms",
}

ARM_NAMES = {
    "answer": "some see only what the networks answered",
    "answer + map": "some also see where the networks looked",
    "answer + map + trust verdict": "some also see which tests that map passed",
}
CONSENT = (
    "You are asked to take part in a study of how people read heart rhythms beside two neural networks. You read "
    "{items} strips, one after the other: first alone, then after seeing what the networks answered, and you may "
    "change your mind. There are several groups, and chance decides which one you are in: {arms}. The networks are "
    "wrong on some strips, and you are not told on which until you have decided; then you are told each time. "
    "What is kept is a table of your readings, without name, date or anything about your computer. It stays on this "
    "machine until you hand it over yourself; nothing is sent anywhere. Taking part is your choice. You may stop at "
    "any moment without a reason and without any disadvantage, and then nothing is handed over. The strips are "
    "simulated; nothing here is about you or a patient, and nothing is for clinical use. Ask whoever teaches you "
    "before you agree if something is unclear."
)
