"""What the paper sells today. Prices are whole cents; ``own_form`` marks the one that is paid on the shop's own page."""

from dataclasses import dataclass
from typing import Final

CURRENCY: Final = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article: what everybody may read (``title``, ``lead``) and what is sold (``text``)."""

    slug: str
    section: str
    title: str
    lead: str
    text: tuple[str, ...]
    price_minor: int
    minutes: int
    own_form: bool = False


ARTICLES: Final = (
    Article(
        slug="phares",
        section="Enquête",
        title="Ceux qui rallument les phares",
        lead="Sur la côte, douze communes ont racheté leur phare. Nous avons passé un hiver avec leurs gardiens du dimanche.",
        text=(
            "À Port-Louët, la clé est accrochée derrière le bar. On la prend, on signe le cahier, et l’on monte les cent douze"
            " marches. En haut, la lentille n’a plus servi depuis trente ans.",
            "« On ne l’a pas rallumée pour les bateaux », dit Maud, institutrice. « Ils ont tous le satellite. On l’a rallumée"
            " pour savoir, de la cuisine, quel temps il fait. »",
            "Douze communes ont suivi. L’électricité coûte moins cher que la fête du village ; le reste est affaire de"
            " pinceaux, de week-ends et de vertige.",
        ),
        price_minor=250,
        minutes=9,
    ),
    Article(
        slug="dessin",
        section="Le dessin",
        title="Le dessin du jour",
        lead="Un trait, une idée, dix centimes.",
        text=("Un monsieur très pressé demande l’heure à un cadran solaire. Il pleut.",),
        price_minor=10,
        minutes=1,
    ),
    Article(
        slug="marche",
        section="Économie",
        title="Le prix d’une botte de radis",
        lead="Du champ à l’étal, nous avons suivi un euro et dix centimes. Personne n’en vit, tout le monde y tient.",
        text=(
            "Le maraîcher en garde trente-huit centimes, le transport dix-neuf, l’étal quarante et un. Le reste s’est perdu"
            " entre deux cageots : nous l’avons cherché.",
            "La conclusion tient en une phrase, que la maraîchère dit sans lever la tête : « Les radis, c’est pour qu’on"
            " s’arrête. Après, on vend les tomates. »",
        ),
        price_minor=120,
        minutes=5,
    ),
    Article(
        slug="cahier",
        section="Le cahier du samedi",
        title="Quarante jardins à voir avant l’hiver",
        lead="Adresses, horaires, et ce qu’il reste de roses : le cahier entier, à garder.",
        text=(
            "Nous avons demandé à quarante jardiniers ce qu’ils iraient voir chez les autres. Trois réponses sur quatre"
            " désignent le même potager, derrière la gare de Saint-Aubin.",
            "Viennent ensuite les terrasses de Valmont, fermées le mardi, et un cimetière, pour ses hortensias.",
        ),
        price_minor=400,
        minutes=22,
    ),
    Article(
        slug="grille",
        section="Jeux",
        title="La grille de Célestin, n°\u00a04\u202f127",
        lead="Douze sur douze, et pas un mot d’anglais. À payer ici même, sans quitter la page.",
        text=(
            "1 horizontal, en onze lettres : « Il vous attend au tournant. »",
            "La solution paraît demain, au même prix.",
        ),
        price_minor=60,
        minutes=15,
        own_form=True,
    ),
)
BY_SLUG: Final = {article.slug: article for article in ARTICLES}
