"""Words of the demo world: names, places, products, pages and browsers. Accents are meant."""

from __future__ import annotations

from typing import Final

FIRST_NAMES: Final = (
    "Hélène", "François", "Zoé", "Jérôme", "Anaïs", "Loïc", "Gaëlle", "Cédric", "Noémie", "Benoît", "Océane",
    "Rémi", "Chloé", "Stéphane", "Maëlys", "Théo", "Inès", "Mickaël", "Léa", "Aurélien", "Camille", "Nicolas",
    "Sandrine", "Olivier", "Karim", "Fatou", "Amélie", "Grégory", "Élodie", "Bruno", "Nathalie", "Thomas",
)  # fmt: skip
LAST_NAMES: Final = (
    "Lefèvre", "Gonçalves", "Müller", "D'Angelo", "Béranger", "Crépin", "Île", "Dupré", "Le Goff", "Bœuf", "Martin",
    "Bernard", "Durand", "Moreau", "Null", "Fernández", "Château", "Nguyen", "Traoré", "Lemaître", "Garnier",
    "Chevalier", "Legrand", "Rousseau", "Mercier", "Pâris", "Noël", "Hervé", "Perrin", "Aubert", "Coûteaux", "Roche",
)  # fmt: skip
COMPANY_HEADS: Final = (
    "Mécanique", "Fonderie", "Atelier", "Société", "Groupe", "Établissements", "Comptoir", "Usinage", "Logistique",
    "Conseil", "Énergie", "Bâtiment", "Plasturgie", "Menuiserie", "Électricité", "Transports",
)  # fmt: skip
COMPANY_TAILS: Final = (
    "du Rhône", "de l'Étoile", "Armor", "Côte d'Opale", "des Alpes", "Occitane", "Île-de-France", "Lorraine",
    "du Léman", "Garonne", "de la Loire", "Vendée", "Méditerranée", "du Nord", "Bourgogne", "Savoie",
)  # fmt: skip
SECTORS: Final = ("Industrie", "Services", "Commerce", "BTP")
REGIONS: Final = (
    ("Île-de-France", "75"),
    ("Auvergne-Rhône-Alpes", "69"),
    ("Occitanie", "31"),
    ("Hauts-de-France", "59"),
    ("Provence-Alpes-Côte d'Azur", "06"),
    ("Bretagne", "35"),
    ("Grand Est", "67"),
    ("Auvergne-Rhône-Alpes", "01"),
)
FUNCTIONS: Final = (
    ("Directrice générale", "management", "c_level"),
    ("Responsable achats", "purchasing", "manager"),
    ("Directeur commercial", "sales", "director"),
    ("Responsable marketing", "marketing", "manager"),
    ("Ingénieur méthodes", "engineering", "individual"),
    ("Chargée de production", "operations", "individual"),
)
OWNERS: Final = (
    ("U01", "Élise Fournier", "Équipe Nord", "Lille"),
    ("U02", "Marc Pélissier", "Équipe Nord", "Lille"),
    ("U03", "Aïcha Benali", "Équipe Sud", "Lyon"),
    ("U04", "Jean-Noël Guérin", "Équipe Sud", "Lyon"),
    ("U05", "Solène Kerbrat", "Équipe Ouest", "Rennes"),
    ("U06", "Damien Château", "Équipe Ouest", "Rennes"),
    ("U07", "Laure Ménard", "Marketing", "Lyon"),
    ("U08", "Raphaël Coste", "Équipe Sud", "Lyon"),
)
PRODUCTS: Final = (
    ("P01", "Capteur vibratoire V1", "Capteurs", 42_000),
    ("P02", "Capteur thermique T2", "Capteurs", 38_500),
    ("P03", "Passerelle atelier", "Passerelles", 129_000),
    ("P04", "Passerelle compacte", "Passerelles", 86_000),
    ("P05", "Logiciel de supervision", "Logiciels", 240_000),
    ("P06", "Module de maintenance prédictive", "Logiciels", 310_000),
    ("P07", "Installation sur site", "Services", 95_000),
    ("P08", "Contrat d'entretien annuel", "Services", 150_000),
)
"""Id, name, family, list price in cents."""

SHOWS: Final = (
    (3, "Global Industrie"),
    (6, "Salon de la Maintenance"),
    (9, "Rencontres Mécatronique"),
    (11, "Forum Énergie & Ateliers"),
)
"""Month and name of the yearly trade shows."""

LEAD_SOURCES: Final = ("Site web", "Salon", "Téléphone", "Recommandation", "Import", "Showroom")
LOSS_REASONS: Final = ("Prix trop élevé", "Concurrent", "Projet abandonné", "Sans réponse", "Budget refusé")
REFUSAL_REASONS: Final = ("Hors cible", "Pas de projet", "Étudiant", "Déjà équipé")
NETWORKS: Final = ("LinkedIn", "Avis Google", "Parrainage")

PAGES: Final = (
    "/", "/produits", "/produits/capteur-vibratoire", "/produits/passerelle-atelier", "/tarifs", "/cas-clients",
    "/blog/maintenance-prédictive", "/blog/économies-d-énergie", "/blog/guide-capteurs", "/contact", "/démonstration",
    "/à-propos", "/ressources/livre-blanc", "/webinaires", "/support", "/carrières",
)  # fmt: skip
FORMS: Final = ("demo_request", "quote_request", "contact_request", "white_paper", "newsletter", "webinar")
"""The first three raise the hand."""
FORM_PAGES: Final = (10, 4, 9, 12, 0, 13)

# Channel, source, medium, referrer. The campaign is added to those that have a medium.
TRAFFIC: Final = (
    ("direct", None, None, None),
    ("organic_search", None, None, "https://www.google.com/"),
    ("organic_search", None, None, "https://www.bing.com/"),
    ("paid_search", "google", "cpc", "https://www.google.com/"),
    ("paid_social", "linkedin", "paid_social", "https://www.linkedin.com/"),
    ("organic_social", None, None, "https://www.linkedin.com/feed/"),
    ("referral", None, None, "https://www.annuaire-industrie.example/fiche"),
    ("display", "regie", "display", None),
    ("trade_show", "salon", "qr", None),
    ("email", "newsletter", "email", None),
)
TRAFFIC_SHARES: Final = (0.22, 0.31, 0.04, 0.15, 0.07, 0.06, 0.08, 0.04, 0.02, 0.01)
PAID_SEARCH: Final = 3
EMAIL_TRAFFIC: Final = 9
CAMPAIGNS: Final = ("rentrée", "printemps", "maintenance-prédictive", "été-énergie")

BROWSERS: Final = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", "desktop"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15", "desktop"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Edg/126.0", "desktop"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "mobile"),
    ("Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "mobile"),
    ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1", "tablet"),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "desktop"),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "desktop"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/125.0 Safari/537.36", "desktop"),
    ("python-requests/2.32", "desktop"),
)
FIRST_BOT_BROWSER: Final = 7
COUNTRIES: Final = ("FR", "BE", "CH", "DE", "GB")
COUNTRY_SHARES: Final = (0.86, 0.05, 0.04, 0.03, 0.02)
CONSENTS: Final = ("granted", "denied", "unknown")
CURRENCIES: Final = ("EUR", "CHF", "GBP")

MAIL_CLIENTS: Final = (
    "Outlook/16.0",
    "Apple Mail (macOS 14)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
)
"""Two clients of people, an image proxy, a link scanner, a browser."""
LINKS: Final = ("/produits", "/tarifs", "/cas-clients", "/démonstration")
