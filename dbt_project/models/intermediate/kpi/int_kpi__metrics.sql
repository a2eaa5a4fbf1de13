{#- What every metric is. Metrics that serve the same purpose share its texts. -#}
{% set purposes = {
    'marketing': (
        'Correct the marketing actions',
        "Corriger les actions marketing"
    ),
    'qualification': (
        'Correct marketing and upstream qualification',
        "Corriger le marketing et la qualification amont"
    ),
    'trust': (
        'Judge how far the figures can be trusted, correct the capture of contacts',
        "Juger la fiabilité des chiffres, corriger la capture des contacts"
    ),
    'process': (
        'Correct the sales process',
        "Corriger le process de vente"
    ),
    'loyalty': (
        'Correct what is done for customers after the sale',
        "Corriger la fidélisation"
    ),
    'activity': (
        'Steer the commercial activity',
        "Piloter l’activité commerciale"
    ),
    'forecast': (
        'See early whether the target will be met, know how far the forecast can be trusted',
        "Voir tôt si l’objectif sera atteint, savoir quelle confiance accorder à la prévision"
    ),
} %}
{% set objectives = {
    'maximise': ('Maximise', 'Maximiser'),
    'minimise': ('Minimise', 'Minimiser'),
    'band': ('Keep within the band', 'Maintenir dans la fourchette'),
} %}
{#- metric_id, kind, grain, direction, unit, owner, version, purpose, English label,
    French label, formula, French formula (a tilde is a no-break space). -#}
{% set metrics = [
    (
        'new_leads', 'count', 'lead cycle', 'maximise', 'leads', 'marketing', 1, 'marketing',
        "New leads", "Nouveaux leads",
        "Lead cycles opened in the period",
        "Cycles de lead ouverts dans la période"
    ),
    (
        'mqls', 'count', 'lead cycle', 'maximise', 'leads', 'marketing', 1, 'marketing',
        "MQL", "MQL",
        "Lead cycles that became MQL in the period",
        "Cycles de lead devenus MQL dans la période"
    ),
    (
        'mql_score_confirmed', 'average', 'lead cycle', 'maximise', 'points', 'marketing', 1, 'marketing',
        "Confirmed score of new MQL", "Score confirmé des nouveaux MQL",
        "Mean over the MQL of the period of the confirmed score at the end of the day on which "
        ~ "they became MQL, by the model that values each one most",
        "Moyenne, sur les MQL de la période, du score confirmé à la fin du jour où ils sont "
        ~ "devenus MQL, selon le modèle qui valorise le plus chacun"
    ),
    (
        'sqls', 'count', 'lead cycle', 'maximise', 'leads', 'sales', 1, 'qualification',
        "SQL", "SQL",
        "Lead cycles that became SQL in the period, sales-direct included",
        "Cycles de lead devenus SQL dans la période, ventes directes comprises"
    ),
    (
        'kpi1_mql_rate', 'rate', 'person', 'maximise', 'ratio', 'marketing', 1, 'marketing',
        "KPI 1: MQL / targeted audience", "KPI 1 : MQL / audience ciblée",
        "Identified audience: eligible persons exposed in the period who became MQL "
        ~ "within the window / eligible persons exposed. Anonymous audience (basis period, no total): "
        ~ "MQL whose acquisition touch is that audience / people counted, visitors distinct "
        ~ "over the period",
        "Audience identifiée~: personnes éligibles exposées dans la période et devenues MQL "
        ~ "dans la fenêtre / personnes éligibles exposées. Audience anonyme (base période, sans "
        ~ "total)~: MQL dont le point de contact d’acquisition est cette audience / personnes "
        ~ "comptées, visiteurs distincts sur la période"
    ),
    (
        'kpi1_lead_rate', 'rate', 'person', 'maximise', 'ratio', 'marketing', 1, 'marketing',
        "Leads / targeted audience", "Leads / audience ciblée",
        "As kpi1_mql_rate with the opening of a lead cycle in place of the MQL. A badge scan "
        ~ "opens the lead that it counts, so that the badges of a show read close to 1: only "
        ~ "who was a lead already is none anew",
        "Comme kpi1_mql_rate, l’ouverture d’un cycle de lead remplaçant le MQL. Le scan d’un "
        ~ "badge ouvre le lead qu’il compte~: les badges d’un salon sont donc proches de 1~; "
        ~ "qui était déjà lead n’en est pas un nouveau"
    ),
    (
        'kpi2_sql_rate', 'rate', 'lead cycle', 'maximise', 'ratio', 'marketing and sales', 1, 'qualification',
        "KPI 2: SQL / MQL", "KPI 2 : SQL / MQL",
        "MQL of the period that became SQL within the window / MQL of the period; basis "
        ~ "period: SQL of the period that have an MQL / MQL of the period; sales-direct "
        ~ "SQL left out on both sides",
        "MQL de la période devenus SQL dans la fenêtre / MQL de la période~; base période~: "
        ~ "SQL de la période qui ont un MQL / MQL de la période~; SQL issus de la vente directe "
        ~ "exclus des deux côtés"
    ),
    (
        'discovery_completeness', 'average', 'lead cycle', 'maximise', 'ratio', 'marketing and sales', 1, 'qualification',
        "Completeness of the discovery record", "Complétude de la fiche découverte",
        "Mean over the leads of the period of the weight of the questions whose answer is known "
        ~ "so many days after the opening / weight of all questions of the section",
        "Moyenne, sur les leads de la période, du poids des questions dont la réponse est "
        ~ "connue tant de jours après l’ouverture / poids de toutes les questions de la "
        ~ "rubrique"
    ),
    (
        'script_coverage', 'average', 'lead cycle', 'maximise', 'ratio', 'sales', 1, 'qualification',
        "Script covered at the first contact", "Script couvert au premier contact",
        "Mean over the leads first spoken to in the period of the script questions whose "
        ~ "answer is known at the end of that contact / all questions of the script",
        "Moyenne, sur les leads à qui l’on a parlé pour la première fois dans la période, des "
        ~ "questions du script dont la réponse est connue à la fin de ce contact / toutes les "
        ~ "questions du script"
    ),
    (
        'kpi2_contacted_rate', 'rate', 'lead cycle', 'maximise', 'ratio', 'sales', 1, 'qualification',
        "Contacted / MQL", "Contactés / MQL",
        "MQL of the period with a human contact within the window / MQL of the period; "
        ~ "sales-direct SQL left out; a disqualification or the end of the cycle competes",
        "MQL de la période ayant eu un contact humain dans la fenêtre / MQL de la période~; "
        ~ "SQL issus de la vente directe exclus~; une disqualification ou la fin du cycle "
        ~ "concurrence le contact"
    ),
    (
        'kpi2_valid_rate', 'rate', 'lead cycle', 'maximise', 'ratio', 'marketing and sales', 1, 'qualification',
        "Valid / contacted", "Validés / contactés",
        "MQL first contacted in the period that became SQL within the window of that "
        ~ "contact / MQL first contacted in the period; sales-direct SQL left out",
        "MQL contactés pour la première fois dans la période et devenus SQL dans la fenêtre "
        ~ "de ce contact / MQL contactés pour la première fois dans la période~; SQL issus de "
        ~ "la vente directe exclus"
    ),
    (
        'mql_sql_gap', 'count', 'lead cycle', 'minimise', 'leads', 'marketing and sales', 1, 'qualification',
        "Gap MQL - SQL", "Écart MQL - SQL",
        "MQL of the period that are not SQL yet, sales-direct SQL left out, by state of "
        ~ "contact",
        "MQL de la période qui ne sont pas encore SQL, SQL issus de la vente directe exclus, "
        ~ "par état de contact"
    ),
    (
        'kpi3_stage_conversion', 'rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "KPI 3: conversion to the next stage", "KPI 3 : conversion vers l’étape suivante",
        "Deals that first reached the stage in the period and reached the next one within "
        ~ "the window / deals that first reached the stage in the period; a loss competes",
        "Affaires arrivées pour la première fois à l’étape dans la période et ayant atteint "
        ~ "la suivante dans la fenêtre / affaires arrivées pour la première fois à l’étape dans "
        ~ "la période~; une perte concurrence le passage"
    ),
    (
        'contact_hours_from_lead_median', 'median', 'lead cycle', 'minimise', 'business_hours', 'sales', 1, 'qualification',
        "Business hours from lead to first human contact, median", "Heures ouvrées du lead au premier contact humain, médiane",
        "Business hours until half of the leads opened in the period have had a human "
        ~ "contact, by Kaplan-Meier: who waits, or whose cycle closed, is censored",
        "Heures ouvrées jusqu’à ce que la moitié des leads ouverts dans la période aient eu "
        ~ "un contact humain, selon Kaplan-Meier~: qui attend encore, ou dont le cycle est "
        ~ "clos, est censuré"
    ),
    (
        'contact_hours_from_lead_p75', 'median', 'lead cycle', 'minimise', 'business_hours', 'sales', 1, 'qualification',
        "Business hours from lead to first human contact, third quartile", "Heures ouvrées du lead au premier contact humain, troisième quartile",
        "Business hours until three quarters of the leads opened in the period have had a human "
        ~ "contact, by Kaplan-Meier: who waits, or whose cycle closed, is censored",
        "Heures ouvrées jusqu’à ce que les trois quarts des leads ouverts dans la période "
        ~ "aient eu un contact humain, selon Kaplan-Meier~: qui attend encore, ou dont le cycle "
        ~ "est clos, est censuré"
    ),
    (
        'contact_hours_from_mql_median', 'median', 'lead cycle', 'minimise', 'business_hours', 'sales', 1, 'qualification',
        "Business hours from MQL to first human contact, median", "Heures ouvrées du MQL au premier contact humain, médiane",
        "Business hours until half of the MQL in the period not spoken to before have had a human "
        ~ "contact, by Kaplan-Meier: who waits, or whose cycle closed, is censored",
        "Heures ouvrées jusqu’à ce que la moitié des MQL de la période à qui l’on n’avait pas "
        ~ "encore parlé aient eu un contact humain, selon Kaplan-Meier~: qui attend encore, ou "
        ~ "dont le cycle est clos, est censuré"
    ),
    (
        'contact_hours_from_mql_p75', 'median', 'lead cycle', 'minimise', 'business_hours', 'sales', 1, 'qualification',
        "Business hours from MQL to first human contact, third quartile", "Heures ouvrées du MQL au premier contact humain, troisième quartile",
        "Business hours until three quarters of the MQL in the period not spoken to before have had a human "
        ~ "contact, by Kaplan-Meier: who waits, or whose cycle closed, is censored",
        "Heures ouvrées jusqu’à ce que les trois quarts des MQL de la période à qui l’on "
        ~ "n’avait pas encore parlé aient eu un contact humain, selon Kaplan-Meier~: qui attend "
        ~ "encore, ou dont le cycle est clos, est censuré"
    ),
    (
        'appointments_planned', 'count', 'activity', 'maximise', 'appointments', 'sales', 1, 'activity',
        "Appointments planned", "Rendez-vous planifiés",
        "Appointments whose date lies in the period, whatever came of them",
        "Rendez-vous dont la date est dans la période, quelle qu’en soit l’issue"
    ),
    (
        'appointments_held', 'count', 'activity', 'maximise', 'appointments', 'sales', 1, 'activity',
        "Appointments held", "Rendez-vous tenus",
        "Appointments of the period that were held",
        "Rendez-vous de la période qui ont été tenus"
    ),
    (
        'appointments_no_show', 'count', 'activity', 'minimise', 'appointments', 'sales', 1, 'activity',
        "Appointments missed", "Rendez-vous manqués",
        "Appointments of the period to which the prospect did not come",
        "Rendez-vous de la période auxquels le prospect n’est pas venu"
    ),
    (
        'appointment_hold_rate', 'rate', 'activity', 'maximise', 'ratio', 'sales', 1, 'activity',
        "Appointments held / held or missed", "Rendez-vous tenus / tenus ou manqués",
        "Appointments of the period that were held / those that were held or missed",
        "Rendez-vous de la période qui ont été tenus / ceux qui ont été tenus ou manqués"
    ),
    (
        'dead_prospects', 'count', 'lead cycle', 'minimise', 'leads', 'marketing and sales', 1, 'qualification',
        "Dead prospects", "Prospects abandonnés",
        "Lead cycles that ended disqualified or lost in the period",
        "Cycles de lead terminés dans la période par une disqualification ou une perte"
    ),
    (
        'dead_prospect_attempts', 'amount', 'lead cycle', 'minimise', 'attempts', 'marketing and sales', 1, 'qualification',
        "Contact attempts on dead prospects", "Tentatives de contact de prospects abandonnés",
        "Attempts at a human contact, over their whole cycle, with the leads that ended disqualified "
        ~ "or lost in the period",
        "Tentatives de contact humain, sur tout leur cycle, auprès des leads disqualifiés ou "
        ~ "perdus dans la période"
    ),
    (
        'dead_prospect_hours', 'amount', 'lead cycle', 'minimise', 'hours', 'marketing and sales', 1, 'qualification',
        "Hours spent on dead prospects", "Heures passées sur des prospects abandonnés",
        "Length of these attempts in hours, where the source gives it",
        "Durée de ces tentatives en heures, lorsque la source la donne"
    ),
    (
        'attempts_per_dead_prospect', 'average', 'lead cycle', 'minimise', 'attempts', 'marketing and sales', 1, 'qualification',
        "Attempts per dead prospect", "Tentatives par prospect abandonné",
        "Attempts at a human contact with the leads that ended disqualified or lost in the period / "
        ~ "these leads",
        "Tentatives de contact humain auprès des leads disqualifiés ou perdus dans la période "
        ~ "/ ces mêmes leads"
    ),
    (
        'disqualification_days_from_lead', 'median', 'lead cycle', 'minimise', 'days', 'marketing and sales', 1, 'qualification',
        "Days from lead to disqualification, median", "Jours du lead à la disqualification, médiane",
        "Median over the cycles disqualified in the period of the days since their opening",
        "Médiane, sur les cycles disqualifiés dans la période, des jours écoulés depuis leur "
        ~ "ouverture"
    ),
    (
        'disqualification_days_from_mql', 'median', 'lead cycle', 'minimise', 'days', 'marketing and sales', 1, 'qualification',
        "Days from MQL to disqualification, median", "Jours du MQL à la disqualification, médiane",
        "Median over the MQL disqualified in the period of the days since the MQL",
        "Médiane, sur les MQL disqualifiés dans la période, des jours écoulés depuis le MQL"
    ),
    (
        'disqualified_regret', 'rate', 'lead cycle', 'minimise', 'ratio', 'marketing and sales', 1, 'qualification',
        "Disqualified who bought", "Disqualifiés qui ont acheté",
        "Lead cycles disqualified in the period whose person or company ordered within a year / "
        ~ "cycles disqualified",
        "Cycles de lead disqualifiés dans la période dont la personne ou l’entreprise a "
        ~ "commandé dans l’année / cycles disqualifiés"
    ),
    (
        'content_people', 'count', 'person and content', 'maximise', 'people', 'marketing', 1, 'marketing',
        "People per content", "Personnes par contenu",
        "Known persons who came to the content in the period: campaign content, landing page, "
        ~ "form or downloaded document",
        "Personnes connues venues au contenu dans la période~: contenu de campagne, page "
        ~ "d’atterrissage, formulaire ou document téléchargé"
    ),
    (
        'content_wanted_rate', 'rate', 'person and content', 'maximise', 'ratio', 'marketing', 1, 'marketing',
        "People with a wanted profile", "Personnes au profil recherché",
        "Known persons who came to the content in the period and have the configured share of the "
        ~ "fit points that are known of them / persons of whom any is known",
        "Personnes connues venues au contenu dans la période et ayant la part configurée des "
        ~ "points d’adéquation que l’on connaît d’elles / personnes dont on en connaît au moins "
        ~ "un"
    ),
    (
        'content_mql_rate', 'rate', 'person and content', 'maximise', 'ratio', 'marketing', 1, 'marketing',
        "MQL per content", "MQL par contenu",
        "Known persons who first came to the content in the period and became MQL "
        ~ "within the window / known persons who came",
        "Personnes connues venues au contenu pour la première fois dans la période et "
        ~ "devenues MQL dans la fenêtre / personnes connues venues"
    ),
    (
        'content_sql_rate', 'rate', 'person and content', 'maximise', 'ratio', 'marketing', 1, 'marketing',
        "SQL per content", "SQL par contenu",
        "Known persons who first came to the content in the period and became SQL "
        ~ "within the window / known persons who came",
        "Personnes connues venues au contenu pour la première fois dans la période et "
        ~ "devenues SQL dans la fenêtre / personnes connues venues"
    ),
    (
        'content_order_rate', 'rate', 'person and content', 'maximise', 'ratio', 'marketing', 1, 'marketing',
        "Orders per content", "Commandes par contenu",
        "Known persons who first came to the content in the period and whose person or company ordered "
        ~ "within the window / known persons who came",
        "Personnes connues venues au contenu pour la première fois dans la période et qui ont "
        ~ "commandé, elles ou leur entreprise, dans la fenêtre / personnes connues venues"
    ),
    (
        'kpi3_stage_conversion_amount', 'amount_rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "KPI 3 by amount: conversion to the next stage", "KPI 3 en montant : conversion vers l’étape suivante",
        "As kpi3_stage_conversion, each deal weighted with its amount at entry to the stage "
        ~ "in both terms; deals without an amount left out; interval from the first-order "
        ~ "variance of the bootstrap over deals",
        "Comme kpi3_stage_conversion, chaque affaire étant pondérée dans les deux termes par "
        ~ "son montant à l’entrée dans l’étape~; affaires sans montant exclues~; intervalle "
        ~ "d’après la variance au premier ordre du bootstrap sur les affaires"
    ),
    (
        'kpi3_stage_conversion_touched', 'rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "KPI 3, stages held", "KPI 3, étapes tenues",
        "As kpi3_stage_conversion for deals that held the stage itself: the next one must be "
        ~ "held too, a skipped stage counts on neither side; a win or a loss competes",
        "Comme kpi3_stage_conversion pour les affaires qui ont tenu l’étape elle-même~: la "
        ~ "suivante doit être tenue aussi, une étape sautée ne compte d’aucun côté~; un gain ou "
        ~ "une perte concurrence le passage"
    ),
    (
        'kpi3_stage_conversion_strict', 'rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "KPI 3, no stage skipped", "KPI 3, sans étape sautée",
        "As kpi3_stage_conversion for deals that held the stage and every one before it: the "
        ~ "next one must be held as well; a win or a loss competes",
        "Comme kpi3_stage_conversion pour les affaires qui ont tenu l’étape et toutes celles "
        ~ "d’avant~: la suivante doit être tenue également~; un gain ou une perte concurrence "
        ~ "le passage"
    ),
    (
        'identity_match_rate', 'rate', 'session', 'maximise', 'ratio', 'marketing', 1, 'trust',
        "Match rate: visits of a known person / visits", "Taux de réconciliation : visites d’une personne connue / visites",
        "Visits whose visitor is one known person / visits, without bots and staff; "
        ~ "those without consent and of shared devices are nobody’s",
        "Visites dont le visiteur est une seule personne connue / visites, sans les robots ni "
        ~ "le personnel~; celles sans consentement et celles d’appareils partagés ne sont à "
        ~ "personne"
    ),
    (
        'identity_email_match_rate', 'rate', 'e-mail', 'maximise', 'ratio', 'marketing', 1, 'trust',
        "Match rate of e-mails", "Taux de réconciliation des e-mails",
        "Delivered e-mails whose recipient is a known person / delivered e-mails",
        "E-mails délivrés dont le destinataire est une personne connue / e-mails délivrés"
    ),
    (
        'identity_record_match_rate', 'rate', 'contact record', 'maximise', 'ratio', 'marketing and sales', 1, 'trust',
        "Match rate of contact records", "Taux de réconciliation des fiches contact",
        "Contact records of the period whose person other systems know too / contact "
        ~ "records of the period, without test, deleted and staff records",
        "Fiches contact de la période dont d’autres systèmes connaissent aussi la personne / "
        ~ "fiches contact de la période, sans les fiches de test, supprimées ou du personnel"
    ),
    (
        'identity_quarantined_records', 'count', 'contact record', 'minimise', 'records', 'marketing and sales', 1, 'trust',
        "Contact records in quarantine", "Fiches contact en quarantaine",
        "Contact records of the period whose address joins too many records to be one "
        ~ "person’s, by reason",
        "Fiches contact de la période dont l’adresse relie trop de fiches pour être celle "
        ~ "d’une seule personne, par motif"
    ),
    (
        'attributed_mqls', 'count', 'lead cycle', 'maximise', 'leads', 'marketing', 1, 'marketing',
        "MQL credited to the channel", "MQL attribués au canal",
        "Shares of the MQL of the period that the attribution model gives to the touches "
        ~ "of the channel; dimension channel:model, five models",
        "Parts des MQL de la période que le modèle d’attribution donne aux points de contact "
        ~ "du canal~; une valeur par canal et par modèle, de cinq modèles"
    ),
    (
        'attributed_sqls', 'count', 'lead cycle', 'maximise', 'leads', 'marketing', 1, 'marketing',
        "SQL credited to the channel", "SQL attribués au canal",
        "Shares of the SQL of the period that the attribution model gives to the touches "
        ~ "of the channel; dimension channel:model, five models",
        "Parts des SQL de la période que le modèle d’attribution donne aux points de contact "
        ~ "du canal~; une valeur par canal et par modèle, de cinq modèles"
    ),
    (
        'attributed_orders', 'count', 'order', 'maximise', 'orders', 'marketing', 1, 'marketing',
        "Orders credited to the channel", "Commandes attribuées au canal",
        "Shares of the orders confirmed in the period that the attribution model gives to "
        ~ "the touches of all contacts of the company; dimension channel:model, five models",
        "Parts des commandes confirmées dans la période que le modèle d’attribution donne aux "
        ~ "points de contact de tous les contacts de l’entreprise~; une valeur par canal et par "
        ~ "modèle, de cinq modèles"
    ),
    (
        'attributed_orders_amount', 'amount', 'order', 'maximise', 'currency', 'marketing', 1, 'marketing',
        "Order amount credited to the channel", "Montant des commandes attribué au canal",
        "Net order amount shared as attributed_orders; the channels of a model sum to "
        ~ "orders_amount",
        "Montant net des commandes réparti comme attributed_orders~; la somme des canaux d’un "
        ~ "modèle est orders_amount"
    ),
    (
        'orders_count', 'count', 'order', 'maximise', 'orders', 'sales', 1, 'activity',
        "Orders", "Commandes",
        "Orders confirmed in the period, later cancellations included",
        "Commandes confirmées dans la période, annulations ultérieures comprises"
    ),
    (
        'orders_amount', 'amount', 'order', 'maximise', 'currency', 'sales', 1, 'activity',
        "Order amount, net", "Montant des commandes, net",
        "Amount of the orders confirmed in the period - amount of the orders cancelled in "
        ~ "the period",
        "Montant des commandes confirmées dans la période - montant des commandes annulées "
        ~ "dans la période"
    ),
    (
        'orders_amount_gross', 'amount', 'order', 'maximise', 'currency', 'sales', 1, 'activity',
        "Order amount, gross", "Montant des commandes, brut",
        "Amount of the orders confirmed in the period",
        "Montant des commandes confirmées dans la période"
    ),
    (
        'orders_count_net', 'amount', 'order', 'maximise', 'orders', 'sales', 1, 'activity',
        "Orders, net", "Commandes, net",
        "Orders confirmed in the period - orders cancelled in the period",
        "Commandes confirmées dans la période - commandes annulées dans la période"
    ),
    (
        'orders_without_amount', 'count', 'order', 'minimise', 'orders', 'sales', 1, 'activity',
        "Orders without an amount", "Commandes sans montant",
        "Orders confirmed in the period that no amount holds: the source gives none, or "
        ~ "there is no exchange rate for the order date",
        "Commandes confirmées dans la période qu’aucun montant ne contient~: la source n’en "
        ~ "donne pas, ou il n’y a pas de taux de change à la date de la commande"
    ),
    (
        'revenue_per_lead', 'average', 'lead cycle', 'maximise', 'currency', 'marketing and sales', 1, 'activity',
        "Order amount per new lead", "Montant commandé par nouveau lead",
        "Gross order amount of the period / lead cycles opened in the period",
        "Montant brut des commandes de la période / cycles de lead ouverts dans la période"
    ),
    (
        'repurchase_rate', 'rate', 'customer', 'maximise', 'ratio', 'sales', 1, 'loyalty',
        "Repurchase rate", "Taux de réachat",
        "Basis period: customers whose first order turned 12 months old in the period and "
        ~ "who ordered again within them / customers whose first order turned 12 months "
        ~ "old in the period. Cohort bases: by the period of the first order, within 365 "
        ~ "days. Cancelled orders and credit notes are none",
        "Base période~: clients dont la première commande a eu 12 mois dans la période et qui "
        ~ "ont commandé de nouveau entre-temps / clients dont la première commande a eu 12 mois "
        ~ "dans la période. Bases de cohorte~: selon la période de la première commande, sous "
        ~ "365 jours. Commandes annulées et avoirs exclus"
    ),
    (
        'cross_sell_rate', 'rate', 'customer', 'maximise', 'ratio', 'sales', 1, 'loyalty',
        "Cross-sell rate", "Taux de ventes complémentaires",
        "Customers who ordered two product families or more in the 12 months up to the "
        ~ "end of the period / customers who ordered in them",
        "Clients ayant commandé au moins deux familles de produits dans les 12 mois jusqu’à "
        ~ "la fin de la période / clients ayant commandé dans ces 12 mois"
    ),
    (
        'customer_lifetime_value', 'average', 'customer', 'maximise', 'currency', 'sales', 1, 'loyalty',
        "Customer lifetime value, first 12 months", "Valeur client, 12 premiers mois",
        "Net amount ordered in the 12 months from the first order on / customers, for the "
        ~ "customers whose first order turned 12 months old in the period",
        "Montant net commandé dans les 12 mois suivant la première commande / clients, pour "
        ~ "les clients dont la première commande a eu 12 mois dans la période"
    ),
    (
        'customer_ltv', 'average', 'customer', 'maximise', 'currency', 'sales', 1, 'loyalty',
        "Customer lifetime value by cohort", "Valeur client par cohorte",
        "Net amount ordered in the 12, 24 or 36 months from the first order on / customers, "
        ~ "for the customers whose first order came in the period; cohorts whose months "
        ~ "are over",
        "Montant net commandé dans les 12, 24 ou 36 mois suivant la première commande / "
        ~ "clients, pour les clients dont la première commande date de la période~; cohortes "
        ~ "dont les mois sont révolus"
    ),
    (
        'recommendations_count', 'count', 'recommendation', 'maximise', 'recommendations', 'marketing', 1, 'loyalty',
        "Recommendations", "Recommandations",
        "Recommendations on social networks and review sites in the period",
        "Recommandations sur les réseaux sociaux et les sites d’avis dans la période"
    ),
    (
        'referrals_count', 'count', 'recommendation', 'maximise', 'recommendations', 'sales', 1, 'loyalty',
        "Referrals", "Parrainages",
        "Referrals by customers in the period",
        "Parrainages par des clients dans la période"
    ),
    (
        'average_basket', 'average', 'order', 'maximise', 'currency', 'sales', 1, 'activity',
        "Average basket", "Panier moyen",
        "Gross order amount / number of the same orders",
        "Montant brut des commandes / nombre de ces mêmes commandes"
    ),
    (
        'median_basket', 'median', 'order', 'maximise', 'currency', 'sales', 1, 'activity',
        "Median basket", "Panier médian",
        "Median of the gross amounts of the orders of the period",
        "Médiane des montants bruts des commandes de la période"
    ),
    (
        'losses_count', 'count', 'deal', 'minimise', 'deals', 'sales', 1, 'process',
        "Lost deals", "Affaires perdues",
        "Deals lost in the period, by the last open stage they held",
        "Affaires perdues dans la période, à la dernière étape ouverte qu’elles ont tenue"
    ),
    (
        'losses_amount', 'amount', 'deal', 'minimise', 'currency', 'sales', 1, 'process',
        "Amount of lost deals", "Montant des affaires perdues",
        "Amount at the loss of the deals lost in the period",
        "Montant, au moment de la perte, des affaires perdues dans la période"
    ),
    (
        'losses_rate', 'rate', 'deal and stage', 'minimise', 'ratio', 'sales', 1, 'process',
        "Losses / deals that reached the stage", "Pertes / affaires arrivées à l’étape",
        "Deals lost at the stage in the period / deals that first reached the stage in "
        ~ "the period",
        "Affaires perdues à l’étape dans la période / affaires arrivées pour la première fois "
        ~ "à l’étape dans la période"
    ),
    (
        'losses_share', 'rate', 'deal and stage', 'minimise', 'ratio', 'sales', 1, 'process',
        "Share of all losses", "Part dans les pertes",
        "Deals lost at the stage in the period / all deals lost in the period",
        "Affaires perdues à l’étape ou pour ce motif dans la période / toutes les affaires "
        ~ "perdues dans la période"
    ),
    (
        'milestone_pass_rate', 'rate', 'deal and milestone', 'maximise', 'ratio', 'sales', 1, 'process',
        "Milestones passed", "Jalons franchis",
        "Deals that first reached the stage of the milestone in the period and validated it "
        ~ "within the window / deals that first reached the stage; the closing competes",
        "Affaires arrivées pour la première fois à l’étape du jalon dans la période et "
        ~ "l’ayant validé dans la fenêtre / affaires arrivées à l’étape~; la fermeture "
        ~ "concurrence la validation"
    ),
    (
        'milestone_median_days', 'median', 'deal and milestone', 'minimise', 'days', 'sales', 1, 'process',
        "Time to pass a milestone, median", "Délai de franchissement d’un jalon, médiane",
        "Days from the first reach of the stage until half of the deals have validated the "
        ~ "milestone, read from the cumulative incidence",
        "Jours entre la première arrivée à l’étape et la validation du jalon par la moitié "
        ~ "des affaires, lus sur l’incidence cumulée"
    ),
    (
        'milestone_p75_days', 'median', 'deal and milestone', 'minimise', 'days', 'sales', 1, 'process',
        "Time to pass a milestone, third quartile", "Délai de franchissement d’un jalon, troisième quartile",
        "As milestone_median_days for three quarters of the deals",
        "Comme milestone_median_days pour les trois quarts des affaires"
    ),
    (
        'milestone_compliance', 'rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "Transitions with every milestone due validated", "Passages avec tous les jalons dus validés",
        "Transitions to the next stage in the period at which every milestone due at the "
        ~ "stage stood validated / transitions of which this is known",
        "Passages à l’étape suivante dans la période où tous les jalons dus à l’étape étaient "
        ~ "validés / passages pour lesquels on le sait"
    ),
    (
        'milestone_compliance_unknown', 'rate', 'deal and stage', 'minimise', 'ratio', 'sales', 1, 'process',
        "Transitions with an unchecked milestone", "Passages avec un jalon non contrôlé",
        "Transitions in the period at which no milestone due is known to lack its validation "
        ~ "and one was never checked / all transitions from stages that have milestones",
        "Passages de la période où aucun jalon dû n’est connu comme non validé et où l’un n’a "
        ~ "jamais été contrôlé / tous les passages depuis des étapes qui ont des jalons"
    ),
    (
        'demo_after_need_and_roi', 'rate', 'deal', 'maximise', 'ratio', 'sales', 1, 'process',
        "Demonstrations after need and expected ROI", "Démonstrations après besoin et ROI attendu",
        "Deals whose first demonstration in the period came when need and expected ROI stood "
        ~ "validated / deals of which this is known",
        "Affaires dont la première démonstration de la période a eu lieu besoin et ROI "
        ~ "attendu validés / affaires pour lesquelles on le sait"
    ),
    (
        'demo_succeeded', 'rate', 'deal', 'maximise', 'ratio', 'sales', 1, 'process',
        "Demonstrations that succeeded", "Démonstrations réussies",
        "Deals with a first demonstration in the period that was judged a success / deals "
        ~ "whose demonstration was judged",
        "Affaires dont la première démonstration de la période a été jugée réussie / affaires "
        ~ "dont la démonstration a été jugée"
    ),
    (
        'demo_with_decision_maker', 'rate', 'deal', 'maximise', 'ratio', 'sales', 1, 'process',
        "Demonstrations in front of a decision-maker", "Démonstrations devant un décideur",
        "Deals with a first demonstration in the period whose decision-maker was met / deals "
        ~ "of which this is known",
        "Affaires dont la première démonstration de la période a eu lieu, décideur rencontré "
        ~ "/ affaires pour lesquelles on le sait"
    ),
    (
        'demo_with_blockers', 'rate', 'deal', 'maximise', 'ratio', 'sales', 1, 'process',
        "Demonstrations with purchasing, IT or legal", "Démonstrations avec achats, informatique ou juridique",
        "Deals with a first demonstration in the period in which those who can block were "
        ~ "involved / deals of which this is known",
        "Affaires dont la première démonstration de la période a associé ceux qui peuvent "
        ~ "bloquer / affaires pour lesquelles on le sait"
    ),
    (
        'demo_rules_unknown', 'rate', 'deal and rule', 'minimise', 'ratio', 'sales', 1, 'process',
        "Rules of the demonstration that are unknown", "Règles de la démonstration inconnues",
        "Rules of first demonstrations in the period of which it is not known whether they "
        ~ "were kept / all rules of first demonstrations",
        "Règles des premières démonstrations de la période dont on ignore si elles ont été "
        ~ "tenues / toutes les règles des premières démonstrations"
    ),
    (
        'bant_complete_rate', 'rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "Stages left with BANT known", "Étapes quittées avec BANT connu",
        "Deals that left a stage in the period with budget, authority, need and timeframe "
        ~ "all known / deals that left a stage",
        "Affaires ayant quitté une étape dans la période avec budget, autorité, besoin et "
        ~ "échéance tous connus / affaires ayant quitté une étape"
    ),
    (
        'bant_known_rate', 'rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "BANT answers known", "Réponses BANT connues",
        "Deals that left a stage in the period with the answer known, validated or refused / "
        ~ "deals that left a stage",
        "Affaires ayant quitté une étape dans la période avec la réponse connue, validée ou "
        ~ "refusée / affaires ayant quitté une étape"
    ),
    (
        'bant_validated_rate', 'rate', 'deal and stage', 'maximise', 'ratio', 'sales', 1, 'process',
        "BANT answers validated", "Réponses BANT validées",
        "Deals that left a stage in the period with the answer validated / deals that left a "
        ~ "stage",
        "Affaires ayant quitté une étape dans la période avec la réponse validée / affaires "
        ~ "ayant quitté une étape"
    ),
    (
        'stalled_deals', 'stock', 'deal', 'minimise', 'deals', 'sales', 1, 'process',
        "Stalled deals", "Affaires enlisées",
        "Deals at the end of the period that had been in their stage for longer than 95 % of "
        ~ "the visits that had ended by then, of which there are 30 or more; they are open, "
        ~ "not lost",
        "Affaires qui, à la fin de la période, étaient dans leur étape depuis plus longtemps "
        ~ "que 95~% des passages alors terminés, s’il y en a au moins 30~; elles sont ouvertes, "
        ~ "non perdues"
    ),
    (
        'next_actions_count', 'stock', 'prospect', 'band', 'prospects', 'sales', 1, 'activity',
        "Next actions", "Prochaines actions",
        "Open leads and deals that have an action to be done at the end of the day of the build; "
        ~ "who is to be given up or not to be called has none",
        "Leads et affaires ouverts pour lesquels une action est à faire à la fin du jour de "
        ~ "la construction~; qui est à abandonner ou à ne pas appeler n’en a pas"
    ),
    (
        'next_actions_overdue', 'stock', 'prospect', 'minimise', 'prospects', 'sales', 1, 'activity',
        "Next actions overdue", "Prochaines actions en retard",
        "Next actions that were due before the end of the day of the build",
        "Prochaines actions dont l’échéance est antérieure à la fin du jour de la "
        ~ "construction"
    ),
    (
        'next_actions_overdue_rate', 'rate', 'prospect', 'minimise', 'ratio', 'sales', 1, 'activity',
        "Overdue / next actions", "En retard / prochaines actions",
        "Next actions that were due before the end of the day of the build / next actions",
        "Prochaines actions dont l’échéance est antérieure à la fin du jour de la "
        ~ "construction / prochaines actions"
    ),
    (
        'deals_created', 'count', 'deal', 'maximise', 'deals', 'sales', 1, 'activity',
        "Deals created", "Affaires créées",
        "Deals created in the period",
        "Affaires créées dans la période"
    ),
    (
        'deals_won', 'count', 'deal', 'maximise', 'deals', 'sales', 1, 'activity',
        "Deals won", "Affaires gagnées",
        "Deals won in the period",
        "Affaires gagnées dans la période"
    ),
    (
        'won_amount', 'amount', 'deal', 'maximise', 'currency', 'sales', 1, 'activity',
        "Amount won", "Montant gagné",
        "Amount of the deals won in the period",
        "Montant des affaires gagnées dans la période"
    ),
    (
        'close_rate', 'rate', 'deal', 'maximise', 'ratio', 'sales', 1, 'activity',
        "Close rate (as CRMs show it)", "Taux de closing (tel que les CRM l’affichent)",
        "Deals won in the period / deals won or lost in the period; shown for parity "
        ~ "only, since it overstates recent cohorts",
        "Affaires gagnées dans la période / affaires gagnées ou perdues dans la période~; "
        ~ "montré pour la seule comparaison avec les CRM, car il surestime les cohortes "
        ~ "récentes"
    ),
    (
        'win_rate', 'rate', 'deal', 'maximise', 'ratio', 'sales', 1, 'activity',
        "Win rate", "Taux de gain",
        "Deals created in the period that were won within the window / deals created in the "
        ~ "period; a loss competes",
        "Affaires créées dans la période et gagnées dans la fenêtre / affaires créées dans la "
        ~ "période~; une perte concurrence le gain"
    ),
    (
        'average_won_amount', 'average', 'deal', 'maximise', 'currency', 'sales', 1, 'activity',
        "Average value of won deals", "Valeur moyenne des affaires gagnées",
        "Amount of the deals created in the period and won within the window / their number",
        "Montant des affaires créées dans la période et gagnées dans la fenêtre / leur nombre"
    ),
    (
        'cycle_days', 'average', 'deal', 'minimise', 'days', 'sales', 1, 'activity',
        "Sales cycle", "Cycle de vente",
        "Mean days from creation to the win of those who win within the window, from the "
        ~ "Aalen-Johansen curve of the deals created in the period",
        "Délai moyen en jours entre la création et le gain de celles qui sont gagnées dans la "
        ~ "fenêtre, d’après la courbe d’Aalen-Johansen des affaires créées dans la période"
    ),
    (
        'sales_velocity', 'average', 'deal', 'maximise', 'currency', 'sales', 1, 'activity',
        "Sales velocity per day", "Vélocité commerciale par jour",
        "deals_created x win_rate x average_won_amount / cycle_days: what the deals of the "
        ~ "period bring a day",
        "deals_created x win_rate x average_won_amount / cycle_days~: ce que les affaires de "
        ~ "la période rapportent par jour"
    ),
    (
        'win_rate_all', 'rate', 'deal', 'maximise', 'ratio', 'sales', 1, 'activity',
        "Won / all deals created", "Gagnées / affaires créées",
        "Deals created in the period that are won by now / deals created in the period; "
        ~ "recent periods are unfinished",
        "Affaires créées dans la période et gagnées à ce jour / affaires créées dans la "
        ~ "période~; les périodes récentes sont inachevées"
    ),
    (
        'orders_forecast_count', 'forecast', 'order', 'maximise', 'orders', 'sales', 1, 'forecast',
        "Orders expected", "Commandes attendues",
        "Orders (orders_count) that the shown model expects of the month, with those that the "
        ~ "running month has already; interval: 80 % prediction interval",
        "Commandes (orders_count) que le modèle affiché attend du mois, avec celles que le "
        ~ "mois en cours a déjà~; intervalle~: intervalle de prévision à 80~%"
    ),
    (
        'orders_forecast_amount', 'forecast', 'order', 'maximise', 'currency', 'sales', 1, 'forecast',
        "Order amount expected, net", "Montant des commandes attendu, net",
        "Order amount (orders_amount) that the shown model expects of the month, with what the "
        ~ "running month has already; interval: 80 % prediction interval",
        "Montant (orders_amount) que le modèle affiché attend du mois, avec ce que le mois en "
        ~ "cours a déjà~; intervalle~: intervalle de prévision à 80~%"
    ),
    (
        'forecast_noise_count', 'forecast', 'order', 'minimise', 'ratio', 'sales', 1, 'forecast',
        "Noise of the number of orders", "Bruit du nombre de commandes",
        "Relative standard deviation that chance alone gives to what is still to come of the month, "
        ~ "sqrt((1 + cv^2) / n) for n orders: no forecast can be nearer",
        "Écart-type relatif que le seul hasard donne à ce qui est encore à venir du mois, "
        ~ "sqrt((1 + cv^2) / n) pour n commandes~: aucune prévision ne peut être plus juste"
    ),
    (
        'forecast_noise_amount', 'forecast', 'order', 'minimise', 'ratio', 'sales', 1, 'forecast',
        "Noise of the order amount", "Bruit du montant des commandes",
        "Relative standard deviation that chance alone gives to what is still to come of the month, "
        ~ "sqrt((1 + cv^2) / n) for n orders: no forecast can be nearer",
        "Écart-type relatif que le seul hasard donne à ce qui est encore à venir du mois, "
        ~ "sqrt((1 + cv^2) / n) pour n commandes~: aucune prévision ne peut être plus juste"
    ),
    (
        'forecast_wape', 'accuracy', 'backtest', 'minimise', 'ratio', 'sales', 1, 'forecast',
        "Forecast error (WAPE), orders", "Erreur de prévision (WAPE), commandes",
        "Sum over the origins of twelve months of the absolute error of the orders forecast / sum of the "
        ~ "actuals, by model and horizon",
        "Somme, sur les origines de douze mois, des erreurs absolues sur les commandes "
        ~ "prévues / somme du réalisé, par modèle et horizon"
    ),
    (
        'forecast_bias', 'accuracy', 'backtest', 'band', 'ratio', 'sales', 1, 'forecast',
        "Forecast bias, orders", "Biais de prévision, commandes",
        "Sum over the origins of twelve months of orders forecast - actual / sum of the actuals, "
        ~ "by model and horizon; above 0: too high",
        "Somme, sur les origines de douze mois, de commandes prévues - réalisé / somme du "
        ~ "réalisé, par modèle et horizon~; au-dessus de 0~: trop haut"
    ),
    (
        'forecast_mase', 'accuracy', 'backtest', 'minimise', 'ratio', 'sales', 1, 'forecast',
        "Forecast error against naive (MASE), orders", "Erreur de prévision rapportée au naïf (MASE), commandes",
        "Mean over the origins of twelve months of the absolute error / mean absolute error of the "
        ~ "naive forecast known at the origin, by model and horizon; below 1: better than naive",
        "Moyenne, sur les origines de douze mois, de l’erreur absolue / erreur absolue "
        ~ "moyenne de la prévision naïve connue à l’origine, par modèle et horizon~; au-dessous "
        ~ "de 1~: meilleur que le naïf"
    ),
    (
        'forecast_pinball', 'accuracy', 'backtest', 'minimise', 'orders', 'sales', 1, 'forecast',
        "Quantile loss of the forecast, orders", "Perte quantile de la prévision, commandes",
        "Mean over the origins of twelve months and seven quantiles of the pinball loss, by model "
        ~ "and horizon",
        "Moyenne, sur les origines de douze mois et sept quantiles, de la perte quantile, par "
        ~ "modèle et horizon"
    ),
    (
        'forecast_coverage_80', 'accuracy', 'backtest', 'band', 'ratio', 'sales', 1, 'forecast',
        "Coverage of the 80 % interval, orders", "Couverture de l’intervalle à 80 %, commandes",
        "Origins of twelve months whose actual lay within the 80 % interval / origins, by model and "
        ~ "horizon; should be 80 %. Interval: Wilson on the number of months of origins",
        "Origines de douze mois dont le réalisé est tombé dans l’intervalle à 80~% / "
        ~ "origines, par modèle et horizon~; devrait être de 80~%. Intervalle~: Wilson sur le "
        ~ "nombre de mois d’origine"
    ),
    (
        'forecast_wape_amount', 'accuracy', 'backtest', 'minimise', 'ratio', 'sales', 1, 'forecast',
        "Forecast error (WAPE), amount", "Erreur de prévision (WAPE), montant",
        "Sum over the origins of twelve months of the absolute error of the order amount forecast / sum of the "
        ~ "actuals, by model and horizon",
        "Somme, sur les origines de douze mois, des erreurs absolues sur le montant prévu / "
        ~ "somme du réalisé, par modèle et horizon"
    ),
    (
        'forecast_bias_amount', 'accuracy', 'backtest', 'band', 'ratio', 'sales', 1, 'forecast',
        "Forecast bias, amount", "Biais de prévision, montant",
        "Sum over the origins of twelve months of order amount forecast - actual / sum of the actuals, "
        ~ "by model and horizon; above 0: too high",
        "Somme, sur les origines de douze mois, de montant prévu - réalisé / somme du "
        ~ "réalisé, par modèle et horizon~; au-dessus de 0~: trop haut"
    ),
    (
        'forecast_mase_amount', 'accuracy', 'backtest', 'minimise', 'ratio', 'sales', 1, 'forecast',
        "Forecast error against naive (MASE), amount", "Erreur de prévision rapportée au naïf (MASE), montant",
        "Mean over the origins of twelve months of the absolute error / mean absolute error of the "
        ~ "naive forecast known at the origin, by model and horizon; below 1: better than naive",
        "Moyenne, sur les origines de douze mois, de l’erreur absolue / erreur absolue "
        ~ "moyenne de la prévision naïve connue à l’origine, par modèle et horizon~; au-dessous "
        ~ "de 1~: meilleur que le naïf"
    ),
    (
        'forecast_pinball_amount', 'accuracy', 'backtest', 'minimise', 'currency', 'sales', 1, 'forecast',
        "Quantile loss of the forecast, amount", "Perte quantile de la prévision, montant",
        "Mean over the origins of twelve months and seven quantiles of the pinball loss, by model "
        ~ "and horizon",
        "Moyenne, sur les origines de douze mois et sept quantiles, de la perte quantile, par "
        ~ "modèle et horizon"
    ),
    (
        'forecast_coverage_80_amount', 'accuracy', 'backtest', 'band', 'ratio', 'sales', 1, 'forecast',
        "Coverage of the 80 % interval, amount", "Couverture de l’intervalle à 80 %, montant",
        "Origins of twelve months whose actual lay within the 80 % interval / origins, by model and "
        ~ "horizon; should be 80 %. Interval: Wilson on the number of months of origins",
        "Origines de douze mois dont le montant réalisé est tombé dans l’intervalle à 80~% / "
        ~ "origines, par modèle et horizon~; devrait être de 80~%. Intervalle~: Wilson sur le "
        ~ "nombre de mois d’origine"
    ),
    (
        'forecast_brier', 'accuracy', 'deal', 'minimise', 'score', 'sales', 1, 'forecast',
        "Brier score of the deals", "Score de Brier des affaires",
        "Mean over the deals open at the origins of twelve months of (chance of an order in the "
        ~ "horizon - whether it came)^2, by model and horizon",
        "Moyenne, sur les affaires ouvertes aux origines de douze mois, de (chance d’une "
        ~ "commande dans l’horizon - son arrivée)^2, par modèle et horizon"
    ),
] %}
with

final as (

    {% for
        metric_id, kind, grain, direction, unit, owner, version, purpose,
        label_en, label_fr, formula, formula_fr
    in metrics %}
    select
        '{{ metric_id }}' as metric_id,
        '{{ kind }}' as metric_kind,
        '{{ grain }}' as metric_grain,
        '{{ direction }}' as direction,
        '{{ var("currency_code") if unit == "currency" else unit }}' as unit,
        '{{ owner }}' as owner,
        cast({{ version }} as bigint) as version,
        '{{ label_en }}' as label_en,
        '{{ label_fr }}' as label_fr,
        '{{ formula }}' as formula,
        '{{ formula_fr | replace("~", "\u00a0") }}' as formula_fr,
        '{{ purposes[purpose][0] }}' as useful_for_en,
        '{{ purposes[purpose][1] }}' as useful_for_fr,
        '{{ objectives[direction][0] }}' as objective_en,
        '{{ objectives[direction][1] }}' as objective_fr
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
