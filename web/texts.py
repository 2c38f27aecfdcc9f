"""The French sentences that are not in a template: faults, problems, names, what scripts say.

They stand in one place, to be read over and translated; the templates hold the others. `{places}` are filled by
`str.format`. Every sentence for readers should be understood by a 13-year-old.
"""

from dataclasses import dataclass
from typing import Final

SERVICE: Final = "Métiers"
SOURCE: Final = "Onisep, Idéo-fiches métiers"
SOURCE_URL: Final = "https://opendata.onisep.fr/data/5fe0808a2da6f/2-ideo-fiches-metiers.htm"
LICENCE: Final = "Licence Ouverte / ODbL"

FAULTS: Final = {
    "unknown_parameter": "Le paramètre « {parameter} » n'existe pas. Retirez-le de l'adresse.",
    "repeated": "Le paramètre « {parameter} » est donné plusieurs fois. Gardez-en un seul.",
    "enum": "« {value} » n'est pas une valeur possible de « {parameter} ».",
    "integer": "« {parameter} » doit être un nombre entier, en chiffres de 0 à 9. « {value} » n'en est pas un.",
    "min": "« {parameter} » doit valoir au moins {limit}.",
    "max": "« {parameter} » ne doit pas dépasser {limit}.",
    "too_long": "La recherche ne doit pas dépasser {limit} caractères. Gardez les mots les plus importants.",
    "name_too_long": "Le nom de la liste ne doit pas dépasser {limit} caractères. Raccourcissez-le.",
    "too_many": "Pas plus de {limit} valeurs pour « {parameter} ».",
    "window": "Les pages s'arrêtent au {limit}e résultat. Ajoutez un mot ou un filtre pour en avoir moins.",
    "identifier": "« {value} » n'est pas un numéro de métier. Il s'écrit comme MET.17.",
    "too_short": "Écrivez au moins {limit} lettres.",
}
"""By fault code; the codes are part of the API and never change."""

DID_YOU_MEAN: Final = " Peut-être : « {value} » ?"

PROBLEMS: Final = {
    400: ("parametre-invalide", "Demande impossible à comprendre"),
    404: ("introuvable", "Page introuvable"),
    405: ("methode-refusee", "Méthode refusée"),
    406: ("format-indisponible", "Format indisponible"),
    410: ("edition-remplacee", "Édition remplacée"),
    414: ("adresse-trop-longue", "Adresse trop longue"),
    416: ("octets-absents", "Au-delà de la fin du fichier"),
    429: ("trop-de-demandes", "Trop de demandes"),
    500: ("erreur-interne", "Erreur de notre côté"),
    503: ("indisponible", "Service en pause"),
}
"""By HTTP status: the last part of the problem's type, which never changes, and its title."""

DETAILS: Final = {
    400: "L'adresse de la page contient une erreur.",
    404: "Il n'y a rien à cette adresse. Elle est peut-être mal recopiée, ou la page a été retirée.",
    405: "Ce service se lit seulement : utilisez GET, HEAD ou OPTIONS.",
    406: "Formats possibles : application/json, text/csv, application/x-ndjson.",
    410: "Cette édition des données n'est plus servie : une autre l'a remplacée. Recommencez au début, sans édition.",
    414: "L'adresse dépasse {limit} caractères. Retirez des mots ou des filtres.",
    416: "Le fichier est plus court que les octets demandés (Range). Vous l'avez peut-être déjà en entier.",
    429: "Vous avez envoyé beaucoup de demandes en peu de temps. Attendez {seconds} secondes, puis réessayez.",
    500: "Quelque chose s'est mal passé. Réessayez ; si cela continue, donnez-nous le numéro de la demande.",
    503: "Ce n'est pas prêt pour le moment. Réessayez dans {seconds} secondes.",
}

NOT_FOUND: Final = {
    "fiche": "Il n'y a pas de fiche « {name} ».",
    "facette": "Il n'y a pas de facette « {name} ».",
    "diplome": "Aucune fiche ne recommande de diplôme « {name} ».",
    "fichier": "Il n'y a pas de fichier « {name} ».",
    "carte": "Il y a trop de fiches pour dessiner une carte.",
}
"""What a 404 says, by what is not there."""

CHANGES: Final = {"new": "Nouvelle fiche", "changed": "Fiche modifiée"}
"""What the feed says of a sheet, by the kind of its change."""

PARAMETERS: Final = {
    "dans": "chercher dans",
    "q": "les mots",
    "page": "numéro de page",
    "per_page": "résultats par page",
    "sort": "ordre",
}
"""How a page names what restricts a search, beside the labels of facets and ranges."""

HELP: Final = {
    "id": "Numéro du métier (MET.n).",
    "name": "Nom de la facette.",
    "q": "Mots cherchés ; vide : tous les métiers, par nom. Au plus 32 mots comptent.",
    "dans": "Parties de la fiche où chercher ; absent : partout.",
    "sort": "Ordre des résultats.",
    "edition": "Édition des données (`index.generation`) ; une autre que celle qui est servie est refusée par 410.",
    "file": "Nom du fichier.",
    "page": "Page, comptée à partir de 1 ; page × per_page ≤ 10 000.",
    "per_page": "Résultats par page.",
    "facets": "Facettes à compter : all, none, ou une liste séparée par des virgules.",
    "typo": "Corriger les fautes de frappe.",
    "explain": "Dire pourquoi chaque résultat est à sa place.",
    "zeros": "Donner aussi les valeurs de facette qu'aucun résultat n'a.",
    "format": "Format de la réponse ; passe avant l'en-tête Accept.",
    "garde": "Métiers gardés dans la liste.",
    "diplomes.contient": "Des mots du nom des diplômes.",
    "diplomes.type": "Un type de diplôme.",
    "filters.contient": "Lettres que le nom doit contenir, sans tenir compte des accents.",
    "suggest.q": "Ce qui est déjà écrit ; rien n'est proposé avant deux lettres.",
    "suggest.limit": "Nombre de propositions.",
    "similar.limit": "Nombre de métiers.",
    "facet.q": "Lettres que le nom doit contenir, sans tenir compte des accents.",
    "selection.id": "Métiers gardés.",
    "selection.q": "Métier à ajouter.",
    "selection.format": "csv pour un tableau.",
    "list.nom": "Nom de la liste.",
    "compare.parmi": "Liste d'où ils viennent.",
}
"""What the documentation of the API says of its parameters, beside those of facets and ranges."""

COMPLETED: Final = {"interet": "Envies", "domaine": "Domaines", "diplome": "Diplômes", "rome": "Codes"}
"""What else than jobs is completed, by facet."""

ENDPOINTS: Final = {
    "search": "Chercher des métiers",
    "suggest": "Compléter ce qui est écrit",
    "metier": "Lire la fiche entière d'un métier",
    "similaires": "Trouver les métiers proches",
    "facet": "Chercher dans les valeurs d'une facette",
    "openapi": "Lire ce document",
    "edition": "Lire un fichier d'une édition des données",
    "catalogue": "Lire la description des données (DCAT), pour les portails de données ouvertes",
    "metiers_ndjson": "Télécharger les fiches entières, une par ligne (JSON)",
    "metiers_csv": "Télécharger les fiches entières en tableau (CSV)",
    "metiers_jsonld": "Télécharger les métiers en données liées (schema.org)",
    "similaires_csv": "Télécharger les métiers proches de chaque métier (CSV)",
    "rome_csv": "Télécharger les codes ROME de chaque métier (CSV)",
    "diplomes_csv": "Télécharger les diplômes de chaque métier (CSV)",
    "live": "Savoir si le service répond",
    "ready": "Savoir si l'index est prêt",
}
"""What the documentation of the API says of its addresses."""

API: Final = {
    "title": f"{SERVICE} : les fiches métiers de l'Onisep",
    "summary": "Chercher parmi les métiers, en lecture seule.",
    "description": f"Source : {SOURCE} ({LICENCE}). Les intervalles (`ranges`) comptent en points de code Unicode. "
    "Une facette est comptée sans son propre filtre.",
    "latest": "Le fichier de l'édition servie : l'en-tête Location donne son adresse.",
    "piece": "Les octets demandés par Range.",
    "moved": "Le numéro s'écrit autrement : l'en-tête Location donne l'adresse.",
    "unchanged": "La copie que vous avez est encore bonne.",
}
"""What it says of the whole."""

HEADERS: Final = {
    "ETag": "Étiquette de cette réponse, à renvoyer dans If-None-Match.",
    "Cache-Control": "Combien de temps la réponse peut être gardée.",
    "Link": "Pages suivante, précédente et première d'une recherche.",
    "Content-Disposition": "Nom du fichier, pour un tableau.",
    "X-Request-Id": "Numéro de la demande, à donner pour signaler un problème.",
}
"""What it says of the headers of an answer."""

DATASET: Final = {
    "title": "Fiches métiers de l'Onisep, prêtes à réutiliser",
    "description": "{documents} fiches métiers entières, avec leurs codes ROME, leurs diplômes et les métiers proches, "
    "en lignes de JSON, en tableaux et en données liées.",
    "theme": "Éducation, culture et sport",
}
DATASET_KEYWORDS: Final = ("métiers", "orientation", "formation", "ROME", "Onisep")
"""What search engines and open-data portals are told of the data."""

LICENCE_URLS: Final = {
    "Licence Ouverte": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    "ODbL": "https://opendatacommons.org/licenses/odbl/1-0/",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/deed.fr",
}
"""The texts of the licences, by the names that stand in LICENCE and NAME_SOURCES."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading for readers of a list (none if only programs get it), and what it holds."""

    heading: str
    holds: str


COLUMNS: Final = {
    "id": Column("Numéro", "Numéro du métier (MET.n)."),
    "titre": Column("Métier", "Nom du métier, au masculin et au féminin."),
    "feminin": Column("Au féminin", "Nom au féminin."),
    "masculin": Column("Au masculin", "Nom au masculin."),
    "autres_appellations": Column("Autres noms", "Autres noms du métier sur la fiche."),
    "niveau": Column("Niveau d'études minimum", "Niveau d'études minimum."),
    "salaire_debutant": Column("Salaire au début", "Salaire au début, comme la fiche l'écrit."),
    "salaire_min": Column(
        "Salaire brut par mois, au moins (€)", "Salaire au début, en euros brut par mois : le moins."
    ),
    "salaire_max": Column("Salaire brut par mois, au plus (€)", "Salaire au début, en euros brut par mois : le plus."),
    "statuts": Column("Statuts possibles", "Statuts possibles."),
    "interets": Column("Centres d'intérêt", "Centres d'intérêt."),
    "domaines": Column("Domaines", "Domaines et sous-domaines d'Idéo-Métiers."),
    "rome": Column("Codes ROME", "Codes ROME et leurs noms."),
    "formations": Column("Diplômes recommandés", "Diplômes recommandés."),
    "page": Column("Adresse de la fiche", "Adresse de la fiche."),
    "source": Column("Source", "D'où vient le texte, et de quand."),
    "licence": Column("Licence", "Licence du texte."),
    "duree_etudes": Column("", "Durée des études."),
    "formations_id": Column("", "Numéros des diplômes recommandés (FOR.n), dans le même ordre."),
    "associes": Column("", "Métiers liés par l'Onisep."),
    "liens": Column("", "Sites à consulter, avec leurs adresses."),
    "publications": Column("", "Publications de l'Onisep sur le métier."),
    "noms": Column("", "Autres noms du métier, et la liste d'où ils viennent."),
    "gfe": Column("", "Groupes de formations et d'emplois."),
}
"""The columns of the tables of sheets, beside those of sections, facets and ranges."""

RELATION_COLUMNS: Final = {
    "id": "Numéro du métier (MET.n).",
    "titre": "Nom du métier.",
    "rang": "Place parmi les métiers proches : 1 est le plus proche.",
    "proche_id": "Numéro du métier proche.",
    "proche_titre": "Nom du métier proche.",
    "score": "Ressemblance, de 0 à 1.",
    "lie_par_onisep": "oui si l'Onisep lie les deux métiers, non sinon.",
    "rome": "Code ROME : une lettre et quatre chiffres.",
    "rome_nom": "Nom du code ROME.",
    "formation": "Numéro du diplôme (FOR.n).",
    "formation_nom": "Nom du diplôme.",
    "diplome": "Type du diplôme, comme la facette « diplome ».",
    "source": "D'où viennent les données, et de quand.",
    "licence": "Licence des données.",
}
"""What the columns of the tables of relations hold."""

SORTS: Final = {
    "pertinence": "les plus proches",
    "nom": "de A à Z",
    "-nom": "de Z à A",
}
"""The orders, beside those of the ranges."""

MORE_FILTERS: Final = "autres filtres : {count}"
PAGE_OF: Final = "page {page} sur {last}"
"""What the title of a page of results says beside the words."""

EXCLUDED: Final = "Sans les fiches qui contiennent"
TAKE_IN: Final = "Chercher aussi avec"
READINGS: Final = {
    "niveau_max": "« {typed} » : au plus {meant}",
    "nothing_left": "« {typed} » n'est pas retenu : aucun métier avec au plus {meant}",
    "beyond": "« {typed} » n'est pas retenu : ce métier demande plus d'études",
    "choice": "« {typed} » : seulement « {meant} »",
    "choice_left": "« {typed} » : le choix « {meant} » n'est pas retenu",
    "salaire": "« {typed} » : gros salaires d'abord",
    "untold": "les fiches ne disent rien de « {typed} »",
    "lost": "pas d'idée ?",
    "spoken": "« {typed} » → « {meant} »",
    "near": "Pas de fiche « {typed} », mais des métiers qui s'en approchent",
    "instead": "« {typed} » : ces métiers peuvent vous convenir",
    "without": "sans « {meant} »",
    "left": "laissé de côté : « {meant} »",
    "wish": "« {typed} » n'est pas cherché",
}
"""How a piece of a query was read, by the kind of the reading (see `engine.Reading`)."""

ALSO_CALLED: Final = "Aussi appelé « {label} », selon {source}"
NEAR_CALLED: Final = "Métier proche de « {label} », selon {source}"
OTHER_NAMES: Final = "Autres noms, selon {source} :"
NAME_SOURCES: Final = {
    "ROME": (
        "Répertoire opérationnel des métiers et des emplois (ROME), France Travail",
        "https://www.data.gouv.fr/datasets/repertoire-operationnel-des-metiers-et-des-emplois-rome",
        "Licence Ouverte",
    ),
    "ESCO": ("ESCO, Commission européenne", "https://esco.ec.europa.eu/fr", "CC BY 4.0"),
}
"""Who publishes other names of jobs, where, under which licence, by the beginning of the name of the list."""

LOST: Final = "Pas d'idée ? Parcourez les métiers par envie"
UNDO: Final = "Ne pas en tenir compte : "
EXACTLY: Final = "Chercher exactement ces mots"
LEFT_OUT: Final = "C'est trop pour une recherche. Laissé de côté :"

USUAL_SORT: Final = "ordre habituel"

MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip

WHERE: Final = "dans : {label}"
AMOUNT: Final = "{value} {unit}"
CORRECTED: Final = "« {typed} » → « {understood} »"

REMOVE_ALL: Final = "Voir tous les métiers"
REMOVE_TEXT: Final = "Retirer les mots cherchés"
REMOVE_FILTERS: Final = "Retirer tous les filtres"
REMOVE_SOME: Final = "Retirer {labels}"
QUOTED: Final = "« {label} »"
AND: Final = " et "
OR: Final = ", "

FAMILIES: Final = (
    (
        "Les gens, le soin",
        "M12 20S4 15 4 9a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 6-8 11-8 11Z",
        (
            "j-ai-le-sens-du-contact", "je-veux-etre-utile-aux-autres", "je-veux-m-occuper-d-enfants",
            "ma-vocation-est-de-soigner",
        ),
    ),
    (
        "La nature, les animaux",
        "M5 19C5 9 11 5 19 5c0 9-4 14-12 14M5 21c1-5 4-8 8-10",
        (
            "j-aime-la-nature", "je-veux-m-occuper-d-animaux", "je-veux-proteger-la-planete",
            "j-aimerais-travailler-dehors",
        ),
    ),
    (
        "Mes mains, les machines",
        "m5 20 9-10m-3-5 8 8-3 3-8-8zM5 20l-1-1",
        (
            "je-veux-travailler-de-mes-mains", "reparer-bricoler-j-adore-ca", "je-veux-travailler-dans-le-batiment",
            "j-adore-conduire",
        ),
    ),
    (
        "Créer, le spectacle",
        "m12 4 2.4 5 5.6.8-4 3.9 1 5.5-5-2.6-5 2.6 1-5.5-4-3.9 5.6-.8z",
        (
            "je-reve-d-un-metier-artistique", "j-ai-un-bon-coup-de-crayon", "la-mode-me-fait-rever",
            "je-veux-travailler-dans-le-spectacle", "tv-cine-radios-ces-univers-me-fascinent",
        ),
    ),
    (
        "Les sciences, le numérique",
        "M9 4h6m-5 0v6L5 19h14l-5-9V4M8 15h8",
        (
            "j-aime-bien-faire-des-experiences", "j-aime-jongler-avec-les-chiffres",
            "je-me-passionne-pour-les-nouvelles-technologies", "je-suis-accro-au-numerique",
        ),
    ),
    (
        "Les langues, l'information",
        "M4 5h16v11H11l-5 4v-4H4z",
        (
            "j-aime-communiquer", "j-aime-les-langues", "je-reve-de-travailler-a-l-etranger",
            "enqueter-analyser-l-information-je-veux-en-faire-mon-travail",
        ),
    ),
    (
        "Organiser, vendre, diriger",
        "M4 8h16v11H4zm5 0V5h6v3M4 13h16",
        ("j-aime-organiser-gerer", "je-veux-travailler-dans-le-commerce", "j-aime-etre-aux-commandes"),
    ),
    (
        "L'action, le sport, la loi",
        "M13 3 6 14h5l-1 7 8-11h-6z",
        ("j-aime-bouger", "le-sport-est-ma-passion", "j-aime-les-sensations-fortes", "je-veux-faire-respecter-la-loi"),
    ),
)  # fmt: skip
"""Interests by family, for readers who do not know yet: name, strokes of a drawing of 24 by 24, slugs of interests."""

OTHER_WISHES: Final = "Autres envies"

STUDIES: Final = (
    ("diplome-national-du-brevet", "Brevet"), ("cap-ou-equivalent", "CAP"), ("bac-ou-equivalent", "Bac"),
    ("bac-2", "Bac + 2"), ("bac-3", "Bac + 3"), ("bac-5", "Bac + 5"),
)  # fmt: skip
ANY_STUDIES: Final = "Peu importe"
"""Answers to "how far do you want to study?": slug of the level, its short name."""

LEVEL_NAMES: Final = {"3E": "3e"}
"""Levels that pages write otherwise than the sheets."""

OTHER_DIPLOMAS: Final = "Autres diplômes et titres"
MORE_KINDS: Final = "…"
END_OF_COLLEGE: Final = "fin du collège (3e)"
YEARS_OF_LYCEE: Final = "3 ans de lycée"
YEARS_AFTER: Final = {"3e": "{years} an{s} après la 3e", "bac": "{years} an{s} après le bac"}
UP_TO: Final = " à {most}"
FROM_HERE: Final = "niveau minimum"
WAY_IN_WORDS: Final = "De la fin du collège au métier : {steps}, puis {title}."

PAY_OF_ALL: Final = "Tous les métiers"
PAY_IN: Final = "Domaine « {domaine} »"
PAY_BESIDE: Final = "{others} : la moitié des métiers paient au début {amount} € ou moins. Ici, c'est {told}."
PAYS_LESS: Final = "moins que cela"
PAYS_AS_MUCH: Final = "à peu près cela"
PAYS_MORE: Final = "plus que cela"

LINKED: Final = "lié par l'Onisep"
SAME_DOMAIN: Final = "même domaine"
SAME_LEVEL: Final = "même niveau d'études"
ONE_INTEREST: Final = "1 envie en commun"
SOME_INTERESTS: Final = "{count} envies en commun"
SHARED_DIPLOMAS: Final = "diplômes en commun"
"""Why two sheets are similar."""

SHORTER: Final = "études plus courtes ({level})"
LONGER: Final = "études plus longues ({level})"
OTHER_DOMAIN: Final = "autre domaine ({domain})"
"""What changes from a sheet to a similar one."""

NEAR_GROUPS: Final = {
    "shorter": "Moins d'études, même domaine",
    "elsewhere": "Mêmes envies, autre domaine",
    "near": "Qui se ressemblent le plus",
}
"""The headings of the groups of similar jobs on the page of a sheet."""

AT_LEAST: Final = "dès {low} € brut par mois"
FROM_TO: Final = "de {low} à {high} € brut par mois"
EXACTLY_PAID: Final = "{low} € brut par mois"
ABOUT_NET: Final = "environ {net} € net"
LEVEL_OF_DIPLOMAS: Final = "Niveau {level}"
IS_SMIC: Final = "c'est le SMIC de {year}"
SMIC_IS: Final = "SMIC de {year} : {smic} €"

BEGINNER: Final = "débutant"

COMPARED: Final = {
    "niveau": "Niveau d'études minimum",
    "duree_etudes": "Durée des études",
    "salaire": "Salaire au début",
    "statuts": "Statuts possibles",
    "interets": "Envies",
    "domaines": "Domaines",
    "presentation": "Présentation",
    "competences": "Compétences requises",
    "conditions_travail": "Conditions de travail",
    "formations": "Diplômes recommandés",
}
"""The headings of the rows of a comparison and of the facts on paper, by row."""

EXTREMES: Final = {
    "niveau": ("les études les plus courtes", "les études les plus longues"),
    "salaire": ("le plus petit salaire", "le plus gros salaire"),
}
"""What is said of the sheets with the least and with the most of a row."""

FEED: Final = "Métiers : {asked}"
"""The title of the feed of a search."""

COMMA: Final = ", "
AND_OTHERS: Final = " et {count} de plus"
STEP: Final = "{title} :"
CUT: Final = " …"

SEARCH_A_JOB: Final = "Chercher un métier"
SEEK: Final = "Chercher"
A_JOB: Final = "Un métier…"

SCRIPT: Final = {
    "failed": "Une erreur est survenue.",
    "offline": "Pas de réponse. Vérifiez votre connexion à internet. Votre page est restée là.",
    "retry": "Réessayer",
    "filters": "Filtres",
    "within": "Chercher un choix ",
    "results": "Voir les résultats ({total})",
    "proposals": "Propositions",
    "jobs": "Métiers",
    "selection": "Ma liste",
    "keep": "Garder",
    "kept": "Gardé",
    "full": "Votre liste est pleine : {most} métiers au plus.",
    "added": "Gardé dans votre liste",
    "removed": "Retiré de votre liste",
    "sharedList": "Une liste partagée avec vous",
    "sharedIntro": "Ces métiers viennent d'un lien. Votre propre liste n'a pas changé.",
    "allKept": "Tous ces métiers sont déjà dans votre liste.",
    "addList": "Ajouter à ma liste ({count})",
    "listAdded": "Ajouté à votre liste : {count}.",
    "listCut": "Elle est pleine : {most} métiers au plus.",
    "letGo": "Retiré de votre liste.",
    "emptied": "Votre liste a été vidée.",
    "undo": "Annuler",
    "undone": "C'est annulé.",
    "comparedMost": "Vous pouvez comparer {most} métiers au plus. Décochez-en un pour en choisir un autre.",
    "print": "Imprimer",
    "listen": "Écouter",
    "stopListening": "Arrêter la lecture",
    "share": "Partager",
    "copy": "Copier le lien",
    "copied": "Lien copié",
    "map": "Les flèches vont d'un point à l'autre, Entrée ouvre la fiche, plus et moins agrandissent.",
    "open": "Ouvrir",
    "job": " la fiche",
    "larger": "Agrandir",
    "smaller": "Réduire",
    "whole": "Tout",
    "wholeMap": "Voir toute la carte",
}
"""What the scripts say; every page gives it to them."""

PARTIAL: Final = "Cette réponse est incomplète : le service est trop occupé. Réessayez dans un instant."
"""Said if an answer ran out of time, or if a part of the sheets did not answer."""

DOCTOR_STATES: Final = {"good": "bien", "look": "à voir", "mend": "à réparer"}

DOCTOR: Final = {
    "settings": "Réglages",
    "settings_good": "tous connus",
    "settings_unknown": "{name} n'est pas un réglage",
    "settings_unknown_todo": "Corrigez ou retirez cette variable ; le README donne la liste des réglages.",
    "settings_base_url": "METIERS_BASE_URL n'est pas donnée : les liens complets mènent à {address}",
    "settings_base_url_todo": "Donnez l'adresse publique, par exemple METIERS_BASE_URL=https://metiers.example.org",
    "settings_untold": "il manque {names} à la page /mentions-legales",
    "settings_untold_todo": "Donnez-les si le service est public : la loi les demande.",
    "settings_proxies": "METIERS_PROXIES={proxies}, mais qui atteint {host} sans proxy se donne l'adresse qu'il veut",
    "settings_proxies_todo": "Écoutez sur 127.0.0.1, ou fermez le port {port} aux autres machines.",
    "index": "Index",
    "index_good": "édition {generation}, {documents} fiches, {files} fichiers intacts",
    "index_cluster": "édition {generation}, {documents} fiches, sur la grappe",
    "index_unusable": "pas d'index utilisable : {reason}",
    "index_unusable_todo": "{command}",
    "index_unreachable": "la grappe OpenSearch n'est pas atteinte : {reason}",
    "index_unreachable_todo": "Vérifiez les réglages METIERS_OPENSEARCH_… et que la grappe est lancée.",
    "index_elsewhere": "{index} n'est pas un dossier",
    "index_elsewhere_todo": "Corrigez METIERS_INDEX : c'est le dossier qui contient l'index.",
    "index_passed_over": "l'index le plus récent ne s'ouvre pas, un plus ancien est servi : {reason}",
    "index_passed_over_todo": "Refaites l'index (metiers index SOURCES), ou revenez au précédent (metiers rollback).",
    "index_exposed": "tout compte de cette machine peut écrire dans {path}",
    "index_exposed_todo": "chmod -R o-w {index}",
    "sources": "Données",
    "sources_good": "du {date}, il y a {days} jours",
    "sources_undated": "de date inconnue",
    "sources_old": "du {date}, il y a {days} jours : plus de {most}",
    "sources_old_todo": "metiers fetch && metiers index {data_dir} ; l'éditeur n'a peut-être rien de plus récent.",
    "smic": "SMIC",
    "smic_good": "les pages donnent celui de {year}",
    "smic_old": "les pages donnent encore celui de {year}",
    "smic_old_todo": "Installez une version plus récente de metiers, ou ajoutez une ligne à SMICS (web/pages/pay.py).",
    "address": "Adresse",
    "address_good": "{url} répond, même édition",
    "address_alone": "{url} répond et sert l'édition {other}",
    "address_silent": "{url} ne répond pas : {reason}",
    "address_silent_todo": "Lancez le service (metiers serve, ou systemctl start metiers@{port}) et lisez son journal.",
    "address_public_todo": "Vérifiez le proxy, le nom de domaine, le certificat et le chemin de METIERS_BASE_URL.",
    "address_other": "{url} sert l'édition {other}, l'index est à l'édition {generation}",
    "address_other_todo": "Attendez un peu ; sinon le service lit un autre dossier que {index} ou ne peut l'ouvrir.",
    "clock": "Horloge",
    "clock_good": "{now} (UTC)",
    "clock_late": "{now} (UTC), mais l'index a été fait le {built_at}",
    "clock_late_todo": "Mettez la machine à l'heure : timedatectl set-ntp true",
    "disk": "Disque",
    "disk_good": "{free} Mo libres pour {wanted} Mo utiles à la prochaine indexation",
    "disk_full": "{free} Mo libres seulement ; la prochaine indexation en demande {wanted}",
    "disk_full_todo": "Faites de la place sur le disque de {index}.",
    "memory": "Mémoire",
    "memory_good": "{free} Mo libres, {wanted} Mo pour {workers} processus",
    "memory_short": "{free} Mo libres seulement ; {workers} processus en demandent {wanted}",
    "memory_short_todo": "Ajoutez de la mémoire, ou baissez METIERS_WORKERS ou METIERS_CACHE_ENTRIES.",
    "memory_unknown": "cette machine ne dit pas ce qu'elle a de libre",
}
"""What `metiers doctor` finds, and (_todo) what to do about it."""

TERMINAL: Final = {
    "none": "Aucun métier{asked}.",
    "one": "{total} métier{asked}",
    "some": "{total} métiers{asked}",
    "asked": " pour « {words} »",
    "next_page": "Page {page} sur {last}. La suivante : --where page={next}",
    "corrected": "« {typed} » n'est sur aucune fiche : recherche de « {understood} ».",
    "ignored": "« {word} » n'est sur aucune fiche.",
    "partial_match": "Aucune fiche ne contient tous ces mots : voici celles qui en contiennent le plus.",
    "other_words": "  Essayez « {words} » : {count} métier(s).",
    "removed": "  En retirant {labels} : {count} métier(s).",
}
"""What a search in the terminal says."""
