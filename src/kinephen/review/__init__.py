"""Reader's decisions on masks: the room of the browser page.

What a decision is does not depend on how it is made, so it lies below this room, where commands, page and
feature extraction share it:

- `kinephen.io.review_decision`, `kinephen.io.review_log`: one decision, and the hash-chained log of them;
- `kinephen.io.review_masks`: the mask files, one a revision, and the state that the log gives an exam;
- `kinephen.study.review_place`: where the review of an exam lies; exams are recognised by their content;
- `kinephen.review.export`, `kinephen.review.decide`: images out, decisions in;
- `kinephen.study.review_gate`: which mask a run uses, and whether a reader has confirmed it.

A page shows the files of `export_exam` and calls `import_mask`, `confirm` and `reject`; it needs no other
way to write. It takes the reader's name once a session and shows it with every signature. It serves files of
``review/exams`` only, binds the loopback address and asks for a token. An edit is always a new revision; a
confirmation names the revision that was on the screen, and fails if another has come in the meantime.
"""
