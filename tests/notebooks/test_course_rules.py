"""The course's own rules, as far as a program can count them, for every notebook that there is.

The numbers are those of the course's plan.
"""

import ast
import csv
import json
import re
from pathlib import Path

import pytest

from ecgteach.quiz import read_bank
from ecgteach.rhythms import grouping, rhythms

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
MOST_LINES = 12
FACT = "# NBVAL_CHECK_OUTPUT"
VERBS = {"choose", "explain", "mark", "predict", "measure", "name", "compare", "find", "read", "tell", "draw", "judge"}
UNWANTED_WORDS = ("simply", "obviously", "of course", "clearly", "trivial", "because", "just look")
WIDGETS = re.compile(
    r"\b(\w+) = (CaseExplorer|ReadFirst|WhatIf|WaveformFeatures|LayerExplorer|TrainingMonitor"
    r"|LabelExplorer|PictureMaker)\("
)


def tags_of(cell):
    """Tags of a notebook's cell."""
    return set(cell["metadata"].get("tags", []))


class Notebook:
    """A notebook as its rules see it: cells in order, each with its kind and its text."""

    def __init__(self, path):
        self.path = path
        self.content = json.loads(path.read_text(encoding="utf-8"))
        self.cells = [(cell["cell_type"], "".join(cell["source"])) for cell in self.content["cells"]]
        self.prose = "\n\n".join(text for kind, text in self.cells if kind == "markdown")
        self.code = [text for kind, text in self.cells if kind == "code"]

    def words(self):
        """The prose without code, links' targets and quoted code names."""
        text = re.sub(r"```.*?```|`[^`]*`", " ", self.prose, flags=re.S)
        return re.sub(r"\]\([^)]*\)", "]", text)


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def notebook(request):
    return Notebook(request.param)


def headings(path):
    """Anchors that a Markdown file offers, as JupyterLab and GitHub make them of its headings."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in found}


def test_there_is_a_course():
    assert FILES, "notebooks/ holds no notebook"


def test_notebooks_are_numbered_without_a_gap():
    assert [int(path.stem[:2]) for path in FILES] == sorted({int(path.stem[:2]) for path in FILES})
    assert FILES[0].stem == "00_start_here"


class TestRule0CommitFirst:
    def test_undecided_answers_are_offered_wherever_a_rhythm_is_asked_for(self, notebook):
        if re.search(r"what is the rhythm", " ".join(notebook.code) + notebook.prose, flags=re.I):
            assert "none of these" in notebook.prose
            assert "cannot tell from lead II" in notebook.prose

    def test_the_learner_is_told_that_some_answers_are_wrong(self, notebook):
        first_map = next(
            (at for at, (kind, text) in enumerate(notebook.cells) if kind == "code" and "plot()" in text), None
        )
        if first_map is not None:
            told = "\n".join(text for kind, text in notebook.cells[:first_map] if kind == "markdown")
            assert re.search(r"answers.{0,60} are wrong", told)

    def test_a_strip_comes_before_its_explanation(self, notebook):
        shown = [at for at, text in enumerate(notebook.code) if "plot_strip(" in text or "sample(" in text]
        explained = [at for at, text in enumerate(notebook.code) if ".explain(" in text]
        assert not explained or (shown and shown[0] <= explained[0])

    def test_titles_of_bare_strips_name_no_rhythm(self, notebook):
        names = {rhythm.name for rhythm in rhythms().values()} | set(rhythms())
        for title in re.findall(r'title=f?"([^"]*)"', "\n".join(notebook.code)):
            assert not {name for name in names if re.search(rf"\b{re.escape(name)}\b", title)}, title


class TestRule1FirstCell:
    def test_title_question_objectives_minutes_before_data_and_licence(self, notebook):
        kind, text = notebook.cells[0]
        assert kind == "markdown"
        assert re.match(rf"# {notebook.path.stem[:2]}\b", text), "the title begins with the notebook's number"
        assert len(re.findall(r"^\*\*[^*\n]+\?\*\*$", text, flags=re.M)) == 1, "one question"
        assert re.search(r"\| *Minutes *\| *\d+", text)
        assert re.search(r"\| *Comes before *\| *\S", text)
        assert re.search(r"\| *Data *\|.*(CC BY|ODC-By|simulated)", text)
        assert re.search(r"\| *Tracks *\|.*(reader|engineer|teacher)", text)
        assert re.search(r"\| *Reviewed by *\|", text)
        assert "teaching, not for clinical use" in text

    def test_two_to_four_objectives_that_start_with_a_verb(self, notebook):
        verbs = re.findall(r"^- \*\*(\w+)\*\*", notebook.cells[0][1], flags=re.M)
        assert 2 <= len(verbs) <= 4
        assert set(verbs) <= VERBS


class TestRule4Widget:
    def test_one_at_least_driven_by_a_list_of_things_to_try(self, notebook):
        places = [at for at, (kind, text) in enumerate(notebook.cells) if kind == "code" and WIDGETS.search(text)]
        assert places, "no widget"
        for at in places:
            assert re.search(r"\*\*Try\*\*\n\n1\. ", notebook.cells[at - 1][1]), (
                "a list headed Try stands above the widget"
            )


class TestRule6Code:
    def test_cells_have_at_most_twelve_lines_and_no_loop(self, notebook):
        for text in notebook.code:
            assert len(text.splitlines()) <= MOST_LINES, text
            loops = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.For | ast.While | ast.AsyncFor)]
            assert not loops, text

    def test_each_has_a_line_of_prose_above(self, notebook):
        for (above, prose), (kind, text) in zip([("", ""), *notebook.cells], notebook.cells, strict=False):
            if kind == "code":
                assert above == "markdown" and prose.strip(), text

    def test_nothing_is_silenced(self, notebook):
        silenced = re.compile(r"warnings|%%capture|2>|filterwarnings|except\b|^\s*[!%]", flags=re.M)
        assert not [text for text in notebook.code if silenced.search(text)]


class TestRule7Figures:
    def test_each_is_followed_by_a_caption_that_says_what_to_see(self, notebook):
        draws = re.compile(r"(^|\W)plot\w*\(.*\)$|\.still\(\)$")
        for (kind, text), (below, caption) in zip(notebook.cells, [*notebook.cells[1:], ("", "")], strict=False):
            if kind == "code" and draws.search(text.strip().splitlines()[-1]):
                assert below == "markdown" and caption.lstrip().startswith("**What to see.**"), text

    def test_pictures_in_the_prose_have_alt_text(self, notebook):
        assert not re.findall(r"!\[\]\(|<img(?![^>]*\balt=\"[^\"]+\")[^>]*>", notebook.prose)


class TestRule8Recap:
    def test_five_sentences_at_most_then_the_next_notebook_and_sources(self, notebook):
        kind, text = notebook.cells[-1]
        assert kind == "markdown"
        heading, _, body = text.partition("\n")
        assert heading == "## Recap: what you can now say, and what you cannot"
        recap = body.split("**Next notebook:**")[0]
        assert 1 <= len(re.findall(r"[.!?](?=\s|$)", recap)) <= 5
        assert re.search(r"\*\*Next notebook:\*\* `\d\d_\w+`", text)
        assert "teaching, not for clinical use" in text

    def test_each_source_has_its_doi_and_each_doi_its_link(self, notebook):
        sources = notebook.cells[-1][1].split("### Sources")[1]
        for line in re.split(r"\n- ", sources)[1:]:
            assert re.search(r"\(https://doi\.org/10\.\d{4,}/\S+\)", line), line
        for shown, target in re.findall(r"\[(10\.[^\]]+)\]\(([^)]*)\)", notebook.prose):
            assert target == f"https://doi.org/{shown}"

    def test_what_is_cited_on_the_way_stands_among_the_sources(self, notebook):
        *before, (_, last) = notebook.cells
        cited = set(
            re.findall(r"doi\.org/(10\.\S+?)\)", "\n".join(text for kind, text in before if kind == "markdown"))
        )
        assert cited <= set(re.findall(r"doi\.org/(10\.\S+?)\)", last))


class TestRule9Offline:
    def test_no_output_is_stored_but_that_of_facts(self, notebook):
        for cell in notebook.content["cells"]:
            if cell["cell_type"] == "code" and FACT not in "".join(cell["source"]):
                assert cell["outputs"] == [] and cell["execution_count"] is None

    def test_facts_keep_their_text_and_their_count(self, notebook):
        for cell in notebook.content["cells"]:
            if cell["cell_type"] == "code" and FACT in "".join(cell["source"]):
                assert cell["outputs"] and cell["execution_count"] is not None

    def test_no_absolute_path_and_no_download(self, notebook):
        reaches_out = re.compile(
            r"https?://|urllib|requests\.|wget|curl |\"/\w|'/\w|[A-Z]:\\|expanduser|Path\.home|getcwd"
        )
        assert not [text for text in notebook.code if reaches_out.search(text)]

    def test_any_kernel_runs_it(self, notebook):
        assert notebook.content["metadata"]["kernelspec"]["name"] == "python3"
        assert notebook.content["nbformat"] == 4
        names = [cell["id"] for cell in notebook.content["cells"]]
        assert len(names) == len(set(names))


class TestRule10Claims:
    def test_a_notebook_asserts_what_it_says(self, notebook):
        assert sum(text.count("assert ") for text in notebook.code) >= 3

    def test_a_medical_reader_meets_no_assertion(self, notebook):
        for cell in notebook.content["cells"]:
            if cell["cell_type"] == "code" and re.search(r"^\s*assert ", "".join(cell["source"]), flags=re.M):
                assert tags_of(cell) & {"assert", "solution"}, "".join(cell["source"])
                assert cell["metadata"]["jupyter"]["source_hidden"] is True


class TestRules3And5Questions:
    """Three questions open each later notebook; five at least stand in it; two exercises, each with its solution."""

    def test_three_questions_from_earlier_notebooks_open_a_later_one(self, notebook):
        opening = [text for text in notebook.code if "openers(" in text]
        if notebook.path.stem == "00_start_here":
            assert not opening
        else:
            assert f'openers("{notebook.path.stem[:2]}"' in notebook.code[0]

    def test_every_question_of_its_bank_is_asked_and_stands_on_paper_too(self, notebook):
        bank = read_bank(notebook.path.stem)
        asked = set(re.findall(r'Quiz\(\w+\.tagged\(contrast="([^"]+)"\)\)', "\n".join(notebook.code)))
        assert asked == {question.contrast for question in bank}
        assert len(bank) >= 5
        assert re.search(r"QuestionSheet\(questions\)$", "\n".join(notebook.code), flags=re.M)

    def test_questions_are_spread_over_the_notebook(self, notebook):
        places = [at for at, text in enumerate(notebook.code) if "Quiz(" in text and "openers(" not in text]
        assert len(places) >= 3
        assert places[-1] - places[0] >= len(notebook.code) / 4

    def test_two_exercises_fail_as_the_page_says_and_have_a_folded_solution(self, notebook):
        cells = notebook.content["cells"]
        stubs = [at for at, cell in enumerate(cells) if "raises-exception" in tags_of(cell)]
        assert len(stubs) == 2
        for at in stubs:
            stub = "".join(cells[at]["source"])
            assert re.search(r"\bcheck_\w+\(", stub) and "..." in stub
            assert "says `Unsolved`" in "".join(cells[at - 1]["source"])
            solution, below = cells[at + 1], cells[at + 2]
            assert "<details><summary>Solution</summary>" in "".join(solution["source"])
            assert "solution" in tags_of(below)
            assert below["metadata"]["jupyter"] == {"outputs_hidden": True, "source_hidden": True}
            name = re.search(r"\bcheck_\w+", stub).group()
            assert f"{name}(" in "".join(below["source"]) and ".passed" in "".join(below["source"])


class TestRule11Words:
    def test_no_word_that_belittles_and_no_cause_that_was_not_shown(self, notebook):
        said = notebook.words().lower()
        assert not [word for word in UNWANTED_WORDS if re.search(rf"\b{word}\b", said)]

    def test_sentences_are_short(self, notebook):
        blocks = re.split(r"\n\s*\n|\n[-|\d]|</?\w+>", notebook.words().split("### Sources")[0])
        sentences = [part.split() for block in blocks for part in re.split(r"(?<=[.?!:;])\s", block)]
        assert max(len(words) for words in sentences) <= 34, max(sentences, key=len)
        assert sum(map(len, sentences)) / len([words for words in sentences if words]) <= 15

    def test_terms_are_linked_to_the_glossary_and_the_links_resolve(self, notebook):
        linked = re.findall(r"\]\(GLOSSARY\.md#([\w-]+)\)", notebook.prose)
        assert linked, "no term is explained"
        assert set(linked) <= headings(NOTEBOOKS / "GLOSSARY.md")

    def test_links_within_the_project_lead_somewhere(self, notebook):
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", notebook.prose):
            assert (NOTEBOOKS / target).exists(), target


class TestRule12Still:
    def test_each_widget_is_followed_by_its_still(self, notebook):
        for at, text in enumerate(notebook.code):
            for name, _ in WIDGETS.findall(text):
                assert re.search(rf"\b{name}\.still\(\)", notebook.code[at + 1]), f"{name} has no still below it"


PICTURE = re.compile(r"!\[([^\]]*)\]\((pictures/[\w-]+\.png)\)")


class TestGlossary:
    def test_waves_intervals_and_rhythms_have_a_picture_each_with_words_for_who_cannot_see_it(self):
        text = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
        entries = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", text, flags=re.M | re.S))
        drawn = {title for title, body in entries.items() if PICTURE.search(body)}
        seen = ("wave", "complex", "interval", "segment", "rhythm", "brady", "tachy", "fibrill", "flutter", "arrhyth")
        named = {title for title in entries if any(word in title.lower() for word in seen)}
        assert named - drawn <= {"Rhythm", "Rhythm part"}
        for alt, file in PICTURE.findall(text):
            assert len(alt) > 20
            assert (NOTEBOOKS / file).exists(), file

    def test_every_picture_is_used(self):
        text = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
        used = {file for _, file in PICTURE.findall(text)}
        assert {f"pictures/{path.name}" for path in (NOTEBOOKS / "pictures").glob("*.png")} == used

    @pytest.mark.parametrize("short", ["ST", "AF", "SA"])
    def test_abbreviations_that_clash_stand_side_by_side(self, short):
        text = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
        entry = text.partition("## Abbreviations that clash\n")[2].partition("\n## ")[0]
        assert re.search(rf"^\| {short} \|[^|]+\|[^|]+\|$", entry, flags=re.M)
        assert re.search(rf"^\| {short}: .+\|.+\|\n\|---\|---\|\n\| !\[.+\| !\[", entry, flags=re.M)

    def test_its_links_resolve(self):
        path = NOTEBOOKS / "GLOSSARY.md"
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= headings(path)
        for shown, target in re.findall(r"\[(10\.[^\]]+)\]\(([^)]*)\)", text):
            assert target == f"https://doi.org/{shown}"

    def test_it_is_in_alphabetical_order(self):
        titles = re.findall(r"^## (.+)$", (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8"), flags=re.M)
        assert titles == sorted(titles, key=str.lower)


PROSE = [NOTEBOOKS.parent / "README.md", *sorted(NOTEBOOKS.glob("*.md")), *FILES]


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_ventricles_are_called_so_and_the_groups_go_by_one_name(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"\bchambers?\b", text, re.IGNORECASE)
    assert not re.search(r"fast supraventricular|(?<!sinus )(?<!sinus-)\bbradycardia", text, re.IGNORECASE)


def test_the_first_notebook_and_the_readme_name_the_groups_as_the_table_does():
    for page in (FILES[0], NOTEBOOKS.parent / "README.md"):
        text = " ".join(page.read_text(encoding="utf-8").split())
        assert [group.name for group in grouping().groups if group.name.partition(" (")[0] not in text] == []


def test_p_in_sinus_rhythm_points_up_in_lead_ii():
    glossary = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
    entry = glossary.partition("## Sinus rhythm\n")[2].partition("\n## ")[0]
    assert "upright in lead II" in entry


def test_limits_of_p_and_st_cite_the_parts_of_the_recommendations_that_state_them():
    text = (NOTEBOOKS.parent / "ecgteach" / "simulator" / "settings.csv").read_text(encoding="utf-8")
    source = {row["name"]: row["source"] for row in csv.DictReader(text.splitlines())}
    assert all("Hancock 2009, part V" in source[name] for name in ("p", "p_width"))
    assert "Rautaharju 2009, part IV" in source["st"]
    assert "figure not confirmed" in source["f_rate"]
