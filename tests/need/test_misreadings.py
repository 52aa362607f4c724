"""Words that judges of sentences saw misread: each kind in the languages that have it."""

import pytest
from sentences import EACH, limit_of, meaning, meanings

from advisor.engine.bounds import SIZE, TIME
from advisor.need.reading import read
from advisor.need.understanding import not_understood, understand


def options_of(rulebase, text):
    """Options by question, said or concluded."""
    reading = read(rulebase, text)
    return {one.question: one.answer for one in (*reading.answers, *reading.concluded)}


def tasks_of(rulebase, text):
    return [one.task for one in read(rulebase, text).tasks]


MEANT = {
    "what is to be like a model has a task of its family": (
        {"task": "image-search"},
        "something like CLIP but for Korean captions, text queries over 500k images",
        "sowas wie CLIP für koreanische Beschreibungen, Textanfragen über 500k Bilder",
    ),
    "a verb goes before the noun that it is about": (
        {"task": "object-detection"},
        "detect and draw boxes around road signs in pictures",
        "where in the picture is the license plate? need coordinates",
    ),
    "a report behind an arrow is written, a page before it is read": (
        {"task": EACH},
        ("chest CT slice -> report sentences", "captioning"),
        ("reef photo => one sentence for the log book", "captioning"),
        ("scanned page -> text", "ocr-page"),
    ),
    "lists with slashes and of an is-it question are labels": (
        {"task": "zero-shot-classification"},
        "camera in the hen house: fox / marten / hen",
        "ist das Fichte, Tanne oder Kiefer?",
        "is it a pine, a spruce or a fir?",
    ),
    "a negation beside a slash is a label, one that opens its clause reaches forward": (
        {"task": EACH},
        ("classer 300 radios carie/pas carie avec mes étiquettes", "supervised-classification"),
        ("cuántas ovejas hay en la foto, no hace falta marcar dónde", "counting"),
    ),
    "harm that one of two photos shows is told": (
        {"task": "visual-reasoning"},
        "compare two photos of the same car and tell me the new damage",
        "zwei Fotos desselben Zimmers vergleichen, welche Schäden sind neu",
        "comparer deux photos de la même pièce et dire ce qui est abîmé",
    ),
    "browsers and phones go by the name of a product": (
        {"device": EACH},
        ("captions in Chrome", "browser"),
        ("captions with transformers.js in Firefox", "browser"),
        ("captions on a Galaxy S23", "phone"),
        ("captions on a Redmi Note 12", "phone"),
        ("captions, laptop w/o gpu", "cpu"),
    ),
    "what a pointer shows is asked about; digits of a display and on a sail are read": (
        {"task": EACH},
        ("read a thermometer", "vqa"),
        ("thermometer reading from photos", "vqa"),
        ("read analog gauges", "vqa"),
        ("read digital thermometers", "ocr-line"),
        ("read sail numbers", "ocr-line"),
    ),
    "whether an image is normal, and one of several places, is a class": (
        {"task": "zero-shot-classification"},
        "anomaly detection",
        "detect anomalies on a production line",
        "find anomalies in x-ray images",
        "is this x-ray normal or abnormal",
        "put each product picture into one of twelve folders, without training",
    ),
    "a photo that is to look drawn is another image": (
        {"task": "image-generation"},
        "make my photo look like a painting",
        "turn this selfie into a cartoon",
    ),
    "doubled images are duplicates in italian too": (
        {"task": "deduplication"},
        "trovare immagini doppie nel mio archivio, non serve il testo",
        "trovare foto doppie nel mio archivio",
    ),
    "common words of japanese are read and are no chinese": (
        {"task": EACH, "language": "ja"},
        ("家具の写真を言葉で検索したい", "image-search"),
        ("商品画像キーワード検索", "image-search"),
        ("看板の文字を読み取りたい", "ocr-line"),
        ("手書きの文字を読みたい", "handwriting"),
        ("商品写真を分類したい", "zero-shot-classification"),
        ("写真の人を数えたい", "counting"),
    ),
    "documents that go into the right folder are classified": (
        {"task": "document-classification"},
        "move every scanned document to the right folder: contract, report",
        "gescannte Dokumente in den passenden Ordner legen",
        "mettre chaque document scanné dans le bon dossier",
        "guardar cada documento escaneado en la carpeta correcta",
        "spostare ogni documento scansionato nella cartella corretta",
        "mover cada documento escaneado para a pasta correta",
        "把扫描件放进对应的文件夹",
    ),
    "what is found by what is not allowed in it is moderated": (
        {"task": "content-moderation"},
        "find pictures with nudity among the uploads of users",
    ),
    "scans of paintings are no pages": (
        {"task": "image-search", "reading": None},
        "search scans of paintings by text",
    ),
    "what is assigned is a class": (
        {"task": "zero-shot-classification"},
        "assign one of 12 categories to each photo, I have no labels",
    ),
    "photos that go into the right folder are classified": (
        {"task": "zero-shot-classification"},
        "put each holiday photo in the right folder",
    ),
    "what reads text now is a name, and what it does is wanted": (
        {"task": "ocr-page"},
        "something better than Tesseract for old scanned books",
        "mieux que Tesseract pour des pages scannées",
    ),
    "a game agrees with no text": (
        {"task": "video-captioning"},
        "describe videos of football matches",
        "summarize clips of a tennis match",
    ),
    "what gets better by fine-tuning is the wish": (
        {"task": "image-search", "training": "fine-tune"},
        "fine-tune on 5k photos with captions so that search by text gets better",
    ),
    "photos are similar where similarity orders them": (
        {"task": "similar-images"},
        "sort my photos by similarity",
        "Fotos nach Ähnlichkeit sortieren",
        "trier des photos par similarité",
        "ordenar fotos por similitud",
        "ordinare foto per somiglianza",
        "ordenar imagens por semelhança",
    ),
    "portuguese with words of spanish is portuguese": (
        {"language": EACH},
        ("moderar fotos enviadas por usuários (nudez), uso comercial", "pt"),
        ("moderar fotos enviadas por usuarios (desnudos), uso comercial", "es"),
    ),
    "a number behind a full stop counts": (
        {"task": "document-classification", "collection": 60_000},
        "Sort our scanned letters. About 60 000 so far.",
    ),
    "chinese is no japanese": (
        {"language": "zh"},
        "用中文搜索商品图片",
        "识别手写公式",
        "描述漫画图片",
    ),
    "what is said of the use goes before whose photos they are": (
        {"use": EACH},
        ("Urlaubsfotos nach Text suchen, kommerziell", "commercial"),
        ("search holiday photos by text, commercially", "commercial"),
        ("chercher des photos de famille par texte, usage commercial", "commercial"),
        ("search my family photos by text", "personal"),
    ),
    "images per category are examples of it": (
        {"pairs": 50, "examples": "labels", "collection": None},
        "sort screws, 50 photos per category",
        "Schrauben sortieren, 50 Fotos pro Kategorie",
        "trier des vis, 50 images par catégorie",
        "clasificar tornillos, 50 imágenes por categoría",
        "classificare viti, 50 immagini per categoria",
        "classificar parafusos, 50 imagens por categoria",
    ),
    "species are living things": (
        {"domain": "organisms"},
        "identify beetle species",
        "recognize wild flowers in photos",
        "Vogelarten auf Fotos bestimmen",
        "reconnaître des oiseaux sur des photos",
        "identificar insectos en fotos",
        "riconoscere le piante nelle foto",
        "identificar plantas em fotos",
        "识别鸟类照片",
        "植物の写真を識別したい",
    ),
    "who names living things chooses among names": (
        {"task": "zero-shot-classification", "domain": "organisms"},
        "Shown a photo it should name the bird among 400 European species",
        "which mushroom is this?",
        "welcher Baum ist das auf dem Foto? 90 Arten",
        "Pilze benennen, von Fotos",
        "nommer l'oiseau sur la photo",
        "que seta sale en la foto",
        "quale fungo si vede nella foto",
        "nomear aves em fotos",
        "照片里是什么鸟",
        "写真から鳥の名前がわかるアプリ",
        "reconnaître 300 espèces d'oiseaux sur des photos",
    ),
    "without labelled images nothing is trained": (
        {"task": "zero-shot-classification", "training": "ready-made"},
        "tell bird species apart, no labelled photos",
        "Vogelarten bestimmen, keine gelabelten Bilder",
        "reconnaître des oiseaux, aucune image annotée",
        "identificar aves, sin fotos etiquetadas",
        "识别鸟类，没有标注图片",
    ),
    "what is sold or paid by advertising is commercial": (
        {"use": "commercial"},
        "name birds on a phone, the app will be paid",
        "Pilze erkennen, App mit Werbung",
        "chercher des produits par texte pour notre boutique en ligne",
        "buscar productos por texto en nuestra tienda online",
        "识别植物的付费应用",
    ),
    "descriptions of training images are of a dataset": (
        {"task": "dataset-captioning", "training": None},
        "给20万张训练图打中文标签描述",
        "describir imágenes de entrenamiento",
        "descrivere immagini di addestramento",
        "descrever imagens de treino",
        "学習用画像にキャプションを付けたい",
        "describe training images",
    ),
    "old print asks for no training": (
        {"training": None, "examples": None, "domain": "documents"},
        "Fraktur-Zeitungsseiten komplett in Text umwandeln",
        "transcribe Fraktur books",
        "transcribe pages in blackletter",
        "lire des livres en caractères gothiques",
    ),
    "line by line is no page and handwriting no print": (
        {"task": EACH, "reading": "line"},
        ("read scanned book pages line by line", "ocr-line"),
        ("einzelne Zeilen aus gescannten Seiten lesen", "ocr-line"),
        ("transcrire des documents ligne par ligne", "ocr-line"),
        ("transcrire des registres manuscrits ligne par ligne", "handwriting"),
        ("handschriftliche Formulare erkennen, einzelne Zeilen", "handwriting"),
    ),
    "without training no classifier is trained": (
        {"task": "zero-shot-classification", "training": "ready-made"},
        "classify photos into 5 classes without any training data",
        "classify photos into 5 classes, no training",
        "Fotos in 5 Klassen einteilen, ohne Training",
        "classify scans of the chest as pneumonia or normal, no training",
    ),
    "zero shot is not from zero": (
        {},
        ("caption photos; can it do zero-shot captions?", {"training": "ready-made"}),
    ),
    "photos of the press are no documents": (
        {"domain": "everyday"},
        "describe newspaper photos",
        "Zeitungsfotos beschreiben",
        "légender des photos de presse",
        "describir fotos de prensa",
        "descrivere foto di giornali",
        "descrever fotos de jornais",
        "描述新闻照片",
    ),
    "newspapers stay documents": (
        {},
        ("alte Zeitungen lesen", {"domain": "documents"}),
    ),
    "examples of each class are counted for all": (
        {"pairs": EACH},
        ("sort screws into 8 classes, 30 photos each", 240),
        ("sort screws into 8 classes, 200 labeled photos per class", 1600),
        ("Schrauben in 8 Klassen sortieren, 30 Fotos pro Klasse", 240),
        ("trier des plats en 12 catégories, 50 images par catégorie", 600),
        ("clasificar tornillos en 8 clases, 30 fotos por clase", 240),
        ("sort screws into 8 classes, 900 labeled photos", 900),
    ),
    "labels that are read are words on things": (
        {"task": "ocr-line", "reading": "scene-words"},
        "read the labels on medicine boxes",
        "Etiketten von Flaschen lesen",
        "lire les étiquettes des bouteilles",
        "leer las etiquetas de los productos",
        "leggere le etichette delle bottiglie",
        "ler as etiquetas dos produtos",
    ),
    "labels that are given are not read": (
        {},
        ("label product images with tags", {"task": "zero-shot-classification"}),
    ),
    "what whole pages hold and what a text is for leave one task": (
        {"task": EACH},
        ("convert scientific PDF pages with formulas to Markdown", "ocr-page"),
        ("wissenschaftliche PDF-Seiten mit Formeln in Markdown umwandeln", "ocr-page"),
        ("识别中文文档整页内容并输出Markdown", "ocr-page"),
        ("write alt text for the images of our web shop", "alt-text"),
        ("read formulas into LaTeX", "math-ocr"),
    ),
    "a question about two photos takes both": (
        {"images": "several"},
        "answer questions about two photos side by side",
        "Fragen zu zwei Fotos beantworten",
        "répondre à des questions sur deux photos",
    ),
    "work is commercial": (
        {"use": "commercial"},
        "caption photos for work",
        "Fotos beschreiben, für die Arbeit",
        "工作用，描述图片",
    ),
    "land cover is one class a tile": (
        {},
        ("classify satellite tiles by land cover, no training", {"labels": "one-true"}),
    ),
    "medicine is no picture of a patient": (
        {"domain": None},
        "photos of medicine boxes",
        "photographier des médicaments",
    ),
    "words of another kind make no second task": (
        {"task": EACH},
        ("tag photos with keywords", "zero-shot-classification"),
        ("etiquetar fotos con palabras clave", "zero-shot-classification"),
        ("read values from bar charts in PDF reports", "chart-reading"),
        ("describir fotos, tarjeta gráfica de 8 GB", "captioning"),
        ("descrever fotos, placa de vídeo de 8 GB", "captioning"),
        ("légender des photos, carte graphique de 8 Go", "captioning"),
    ),
    "pages of each document are no collection": (
        {},
        ("300-page manuals to markdown", {"collection": None}),
        ("read 300 pages into markdown", {"collection": 300}),
    ),
    "who is understood in english alone wishes for another language": (
        {},
        (
            "The search only understands English words, I want German photo search",
            {"language": "de"},
        ),
    ),
    "copies that are detected are no objects": (
        {"task": "deduplication"},
        "detect near duplicates among photos",
        "detect copies of our product photos",
        "Duplikate unter Bildern detektieren",
        "détecter les doublons parmi des photos",
        "detectar fotos duplicadas",
        "rilevare foto duplicate",
        "detectar imagens repetidas",
        "检测重复图片",
        "重複画像を検出したい",
    ),
    "annotated images of boxes are no classes": (
        {"task": "object-detection"},
        "bounding boxes around every screw, 300 annotated images",
        "Rahmen um jede Schraube, 300 annotierte Bilder",
        "des boîtes englobantes autour de chaque vis, 300 images annotées",
        "cajas delimitadoras para cada tornillo, 300 imágenes anotadas",
        "riquadri attorno a ogni vite, 300 immagini annotate",
        "caixas delimitadoras em volta de cada parafuso, 300 imagens anotadas",
    ),
    "without texts the language of the need says nothing": (
        {"language": None},
        "Klassifikation von Röntgenbildern, 700 gelabelte Aufnahmen in 4 Klassen",
        "trier des vis, 50 images par catégorie",
        "wir suchen ähnliche Bilder in unserem Archiv",
        "Wir möchten doppelte Fotos in unserem Archiv finden",
        "我们想对照片分类，每类50张标注图片",
    ),
    "texts are in the language of the need": (
        {"language": EACH},
        ("Fotos in die Kategorien Hund und Katze einteilen, ohne Training", "de"),
        ("gescannte Briefe sortieren, 200 gelabelte Seiten", "de"),
        ("縦書きの小説のスキャンを文字起こししたいです。RTX 4070 12GB、個人利用", "ja"),
        ("识别扫描书籍的文字。RTX 4070 12GB", "zh"),
    ),
    "markdown of a document is its whole page": (
        {"task": "ocr-page"},
        "解析合同PDF，输出markdown",
        "parse scanned contracts to markdown",
        "invoices to markdown",
        "Felder aus Verträgen extrahieren, als Markdown",
        "extraire des contrats PDF en markdown",
        "extraer contratos PDF a markdown",
        "estrarre contratti PDF in markdown",
        "extrair contratos PDF em markdown",
        "契約書PDFをmarkdownに変換したい",
    ),
    "texts that a generator is trained on train nothing here": (
        {"task": "dataset-captioning", "training": None, "pairs": None},
        "给图片生成详细描述用来训练文生图模型",
        "describe 3000 images to train a text-to-image model",
        "captions for training an image generator",
        "Bilder beschreiben zum Trainieren eines Bildgenerators",
        "décrire des images pour entraîner un modèle texte-image",
        "describir imágenes para entrenar un modelo de texto a imagen",
        "descrivere immagini per addestrare un modello text-to-image",
        "descrever imagens para treinar um gerador de imagens",
        "画像生成モデルの学習用に画像の説明文を生成したい",
        "a captioner for my LoRA dataset, 3000 pics, long natural captions",
    ),
    "a device is what it is": (
        {"device": EACH},
        ("describe photos on a Jetson Orin", "gpu"),
        ("describe photos on a Jetson Nano", "gpu"),
        ("Fotos beschreiben auf einem Jetson Xavier", "gpu"),
        ("describe photos on a Raspberry Pi", "cpu"),
        ("漫画の文字を読み取って、ブラウザで動かしたい", "browser"),
    ),
    "what is missing or done is no other task": (
        {"besides": ()},
        "scanned invoices as JSON, no labels yet",
        "Handwritten notes, line crops already segmented",
        "handschriftliche Zeilen, bereits segmentiert",
        "handgeschriebene Zeilen, 500 annotierte Bilder",
        "fine-tune on my license plate crops (about 6k labelled)",
        "finetune an OCR on 3000 labelled text lines",
    ),
    "annotated images to segment are no classes": (
        {"task": "segmentation"},
        "segment cells, 200 annotated images",
        "Zellen segmentieren, 200 annotierte Bilder",
        "segmenter des cellules, 200 images annotées",
        "segmentar células, 200 imágenes anotadas",
        "segmentare cellule, 200 immagini annotate",
        "segmentar células, 200 imagens anotadas",
    ),
    "numbers of names years and units count no items": (
        {"numbers": {}},
        "captions on an iPhone 15",
        "captions on a Raspberry Pi 5",
        "captions on a Ryzen 7 without a GPU",
        "captions on a p3.2xlarge",
        "embeddings of photos with at most 512 dimensions",
        "transcribe typewritten letters from the 1950s",
        "alte Briefe von 1780 bis 1850 lesen",
        "transcrire des lettres de 1890",
        "a VLM below 7B that describes photos",
        "describe photos at 10 fps",
        "Bilder beschreiben, pro Bild zwei, drei Sätze",
        "two sentences per image",
        "動画(1本30秒くらい)の内容を要約",
    ),
    "two cards are no two examples": (
        {},
        ("captions on two A100 80GB", {"numbers": {"memory-gb": 80}}),
    ),
    "what is trained on are examples": (
        {"pairs": EACH},
        ("Fine-tune Qwen2.5-VL on my 500 invoices", 500),
        ("Donut auf 500 Rechnungen trainieren", 500),
        ("entraîner Donut sur 500 factures", 500),
        ("entrenar Donut con 500 facturas", 500),
        ("addestrare Donut su 500 fatture", 500),
        ("treinar o Donut com 500 faturas", 500),
        ("用500张发票微调Donut", 500),
        ("We have 5,000 chest x-rays with reports and want to fine-tune a model", 5000),
        ("fine-tune TrOCR on 800 lines of Polish handwriting", 800),
        ("垃圾分类，每类200张", 200),
        ("傷の写真を分類、各クラス200枚", 200),
        ("Krankheiten erkennen, 40 Bilder pro Krankheit", 40),
        ("Pilze erkennen, 200 Arten × 40 Fotos", 8000),
        ("classify mushrooms, 200 species x 40 photos", 8000),
        ("Pilze erkennen. 200 Arten, ich habe je Art ca. 40 Fotos", 8000),
        ("identify beetles, 30 species, per species 50 photos", 1500),
        ("Schrauben sortieren, 12 Klassen, pro Klasse ca. 50 Fotos", 600),
        ("screenshots to classify, 2k already sorted", 2000),
    ),
    "what a number counts is what stands beside it": (
        {"collection": EACH},
        ("auto-tag 60k stock photos, several tags per photo", 60_000),
        ("search 18,000 scanned postcards by text", 18_000),
        ("25.000 Dias gescannt, nach Stichworten durchsuchen", 25_000),
        ("retrouver des photos parmi 120 000 tirages", 120_000),
        ("find duplicates among 900k rows of product images", 900_000),
        ("trier 15 000 photos par type de travaux", 15_000),
        ("captions for 500 short clips", 500),
        ("check if two photos show the same house, 5,000 pairs", 5_000),
        ("does the image contradict the sentence? ~10k pairs", 10_000),
        ("200 pairs to judge: does the text fit the picture?", 200),
    ),
    "a machine is what is named first of all": (
        {"device": EACH},
        ("captions on my gaming laptop with an RTX 4060", "gpu"),
        ("captions on a laptop", "cpu"),
        ("captions on an i5 notebook", "cpu"),
        ("captions on Google Colab", "gpu"),
        ("captions on a Pixel 8", "phone"),
        ("商品去重，一张A10", "gpu"),
        ("画像を説明したい。GPUはなく、CPUだけ", "cpu"),
    ),
    "words around a need are no task": (
        {"task": EACH},
        ("500 Bilder am Tag beschreiben", "captioning"),
        ("Beträge und Datum sollen stimmen, Rechnungen auslesen", "field-extraction"),
        ("12 formulaires, extraire les champs", "field-extraction"),
        ("products in an S3 bucket, customers search by text", "image-search"),
        ("I'm a PhD student, classify images on a cluster", "zero-shot-classification"),
        ("检测图片里有没有违禁内容", "content-moderation"),
        ("detect which of my photos are near-duplicates", "deduplication"),
        ("a table of alt texts for our images", "alt-text"),
        ("Tabellen aus gescannten Seiten nach CSV", "chart-reading"),
        ("take a photo of math written on paper and get latex back", "math-ocr"),
        ("classer des documents en 20 types, 50 exemples par type", "document-classification"),
        ("get text from screenshots of a chat", "ocr-page"),
        ("describe paintings in detail for an audio guide", "detailed-captioning"),
        ("describe charts for screen reader users", "alt-text"),
        ("user takes a photo, we tell the species", "zero-shot-classification"),
        ("glass plate negatives, keyword search", "image-search"),
        ("判断图片和标题是否一致", "image-text-matching"),
        ("which of clip / blip / qwen tells if caption and picture fit", "image-text-matching"),
        ("is clip or blip better to match captions and pictures", "image-text-matching"),
        ("caption video clips with BLIP", "video-captioning"),
        ("Dokumente in 5 Arten einteilen", "document-classification"),
        ("label 10k training images with bounding boxes", "object-detection"),
    ),
    "a rate and a deadline say how many in how many hours": (
        {"collection": EACH, "hours": EACH, "training": None},
        ("flag nudity in user uploads, about 40 uploads per second", 3_456_000, 24),
        ("30 Fotos pro Minute sortieren", 43_200, 24),
        ("trier 500 photos par heure", 12_000, 24),
        ("caption 10 images a second", 864_000, 24),
        ("describir 500 fotos al día", 500, 24),
        ("descrivere 2 foto al secondo", 172_800, 24),
        ("每天描述5000张图片", 5_000, 24),
        ("毎日5000枚の写真を説明したい", 5_000, 24),
        ("match 3 million pairs of caption and picture in a day", 3_000_000, 24),
        ("légender 5000 photos en une journée", 5_000, 24),
        ("20.000 Bilder über Nacht beschreiben", 20_000, 12),
        ("caption 20,000 images over the weekend", 20_000, 60),
        ("给20万张训练图打中文标签描述，要求一天内跑完", 200_000, 24),
    ),
    "without a number of items a time bounds nothing": (
        {"limits": {}},
        "caption 5000 photos",
        "describe photos at 10 fps",
        "compare 500 photos with a second photo of each",
        "keep every second of 500 frames",
        "caption 500 photos that were taken at night",
        "500 Fotos vom Wochenende beschreiben",
        "describir 500 fotos hechas durante la noche",
    ),
    "a time that is left bounds the collection": (
        {"hours": EACH},
        ("caption 20k photos on an RTX 3090, within 48 hours", 48),
        ("caption 20k photos on a 3090 in under 3 days", 72),
        ("20.000 Fotos beschreiben, RTX 3090, innerhalb von 12 Stunden", 12),
        ("légender 20 000 photos en moins de 12 heures, RTX 3090", 12),
        ("describir 20.000 fotos en menos de 6 horas, RTX 3090", 6),
        ("descrivere 20.000 foto entro 2 giorni, RTX 3090", 48),
        ("descrever 20.000 fotos em menos de 6 horas, RTX 3090", 6),
        ("48小时内给2万张图片写描述，一张3090", 48),
        ("2万枚の写真を48時間以内に説明したい、RTX 3090", 48),
        ("4000 Seiten lesen, innerhalb einer Woche, RTX 3090", 168),
        ("describe 30 second clips on a 3090", None),
        ("describe photos, 3 hours of work a day", None),
    ),
    "what photos are taken with is no machine to run on": (
        {"device": "cpu"},
        "read receipts taken with a phone, the server has only a CPU",
        "Belege lesen, mit dem Handy fotografiert, Server nur CPU",
        "lire des reçus, photos prises avec un téléphone, serveur sans GPU",
        "leer recibos, fotos hechas con el móvil, servidor sin GPU",
        "leggere scontrini, foto scattate col telefono, server senza GPU",
        "ler recibos, fotos tiradas com o celular, servidor sem GPU",
        "手机拍的发票,提取金额,服务器只有CPU",
        "スマホで撮ったレシートから金額を取り出したい、サーバーはCPUのみ",
    ),
    "data that is lacking is no task": (
        {"task": "counting"},
        "how many cows are in each drone picture, no labels",
        "Wie viele Äpfel hängen am Baum? Fotos ohne Labels, keine Annotationen",
        "combien de vélos sur les photos, pas d'images annotées",
        "cuántas botellas hay en la foto, sin datos etiquetados",
        "图片里有多少辆车，没有标注数据",
        "写真の人を数えたい、ラベルなし",
    ),
    "a number without a known noun counts the images": (
        {"collection": EACH},
        ("score how well pictures match their prompt, 200k of them", 200_000),
        ("caption photos, 40k in total", 40_000),
        ("Fotos beschreiben, 30.000 davon", 30_000),
        ("leer matrículas en fotos, 20 000, sin GPU", 20_000),
        ("is the claim backed by its picture? 2,000 cases", 2000),
        ("tag photos with keywords, up to ten per picture", None),
        ("describe photos from 1985", None),
        ("describe photos on a 3090", None),
    ),
    "the memory of a computer is not that of its card": (
        {"memory-gb": EACH},
        ("caption photos, i7, 32 GB RAM, RTX 4060 8 GB", 8),
        ("caption photos, 64 GB RAM, RTX 3090", 24),
        ("Fotos beschreiben, 32 GB RAM, RTX 3060 12 GB", 12),
        ("légender des photos, 32 Go de RAM, carte graphique de 6 Go", 6),
        ("describir fotos, 32 GB de RAM, RTX 3060 de 12 GB", 12),
        ("caption photos on a CPU, 16 GB RAM", 16),
    ),
    "forms go into tables and kinds of documents are classified": (
        {"task": EACH},
        ("receipts to excel", "field-extraction"),
        ("bank statements to a spreadsheet", "field-extraction"),
        ("charts to excel", "chart-reading"),
        ("classify receipts / invoices / letters", "document-classification"),
        ("extract fields from receipts, invoices and letters", "field-extraction"),
    ),
    "the memory of a computer alone is that of a cpu": (
        {"device": EACH},
        ("caption photos, 16 GB RAM", "cpu"),
        ("Fotos beschreiben, 32 GB Arbeitsspeicher", "cpu"),
        ("caption photos, 16 GB RAM, a GPU", "gpu"),
        ("caption photos on a MacBook with 16 GB RAM", "mps"),
        ("caption photos, 16 GB", None),
    ),
    "what has some each is counted by its own noun": (
        {"pairs": EACH},
        ("classify screenshots into 8 product areas, 120 examples per area", 960),
        ("reconnaître 200 modèles de voiture, 80 photos par modèle", 16_000),
    ),
    "keywords are given unless something is sought by them": (
        {"task": EACH},
        ("tell me the ingredients of each recipe photo as keywords", "zero-shot-classification"),
        ("palabras clave para cada foto", "zero-shot-classification"),
        ("find photos by keyword", "image-search"),
        ("chercher des photos par mots-clés", "image-search"),
    ),
    "a licence for a product and a firm are commercial": (
        {"use": "commercial"},
        "buscador de fotos por texto, licencia libre para un producto",
        "find photos by text, permissive licence",
        "Fotos nach Text suchen, für unsere Kanzlei, privat gehostet",
        "chercher des photos par texte, pour une assurance",
        "按文字搜图，许可宽松，可商用",
    ),
    "whether something is shown has no place in the image": (
        {"task": "zero-shot-classification"},
        "detect whether somebody smokes in the picture",
        "erkennen, ob auf dem Foto jemand raucht",
        "détecter si quelqu'un fume sur la photo",
        "detectar si alguien fuma en la foto",
        "rilevare se qualcuno fuma nella foto",
        "detectar se alguém fuma na foto",
        "检测图片里是否有人抽烟",
        "given a photo of a dish tell me which cuisine it is, not a single labelled image",
    ),
    "a noun of one language is no verb of another": (
        {"task": EACH, "use": EACH},
        ("trier des images par type, recherche", "zero-shot-classification", "research"),
        ("contare le auto nelle foto, ricerca", "counting", "research"),
        ("contar carros nas fotos, pesquisa", "counting", "research"),
        ("recherche d'images par texte, Spedition", "image-search", "commercial"),
        ("Zählerstände ablesen, Stadtwerke", "ocr-line", "commercial"),
        ("légender 500 photos de chats, usage perso", "captioning", "personal"),
        ("vectores para imágenes y texto, licencia Apache", "embeddings", "commercial"),
    ),
    "overlapping phrases say what the longer wish is": (
        {"task": EACH},
        ("generar texto alternativo para imágenes", "alt-text"),
        ("generare testo alternativo per le immagini", "alt-text"),
        ("comprobar si la descripción es fiel a la imagen", "image-text-matching"),
        ("is the caption faithful to the image?", "image-text-matching"),
        ("手書きのアンケートを項目ごとにデータ化", "field-extraction"),
        ("read title and author from book spines", "ocr-line"),
    ),
    "nothing takes back what follows": (
        {"use": EACH},
        ("chercher des photos, association, donc rien de payant", None),
        ("captions for x-rays with reports, research hospital", "research"),
        ("buscar fotos por texto, nada comercial", None),
    ),
    "how many classes there are is no training": (
        {},
        (
            "zero shot tagging for 40 categories, images of furniture, several tags can apply",
            {"task": "zero-shot-classification"},
        ),
    ),
    "what was trained is no wish to train": (
        {"training": "ready-made"},
        "we fine-tuned a model, now product descriptions in Italian, no more training",
        "captions for product photos, we trained BLIP and it was poor, no further training",
        "Produktfotos beschreiben, kein weiteres Training",
        "décrire des produits, nous avons affiné BLIP, plus d'entraînement",
        "describir productos, hemos entrenado BLIP antes, sin volver a entrenar",
        "descrivere prodotti, abbiamo addestrato BLIP, niente più addestramento",
        "descrever produtos, já treinamos BLIP, chega de treino",
        "我们微调过BLIP，描述商品图片，不再训练",
    ),
    "training of a generator is none of this model": (
        {"task": "dataset-captioning", "training": None},
        "captions for training my Stable Diffusion model, 3000 images",
        "captions for 300 pictures, fine-tuning SDXL",
        "Bilder beschreiben, um ein SD-Modell zu trainieren",
        "décrire des images pour entraîner un modèle Stable Diffusion",
        "describir imágenes para entrenar un modelo SD",
        "descrivere immagini per addestrare un modello Stable Diffusion",
        "descrever imagens para treinar um modelo Stable Diffusion",
        "给训练SD模型用的动漫图写英文描述",
    ),
    "annotations that somebody has are examples": (
        {"training": "fine-tune", "examples": "texts"},
        "total and date from receipts, we have the annotations",
        "Summe und Datum aus Rechnungen, wir haben die Annotationen",
        "total et date de factures, nous avons les annotations",
        "sacar el total y la fecha de facturas, tengo las anotaciones",
        "totale e data dalle fatture, abbiamo le annotazioni",
        "total e data de faturas, temos as anotações",
        "从发票提取金额，有标注",
    ),
    "what is annotated behind its number is an example": (
        {"pairs": EACH, "collection": None},
        ("5000 deutsche Bons, annotiert mit Artikel und Preis, Felder auslesen", 5000),
        ("猫か犬かを分類。ラベル付き200枚ずつ", 200),
    ),
    "common words are no slips of others": (
        {"corrected": ()},
        "the model gives garbage on handwritten letters, find patients' skirts, chairs and fevers",
        "Blick auf die Karte, gegen den Wiener Karton, Werte und Zähne",
        "vivre à la ferme, la preuve du verbe",
        "la manzana y el casco, viendo el portal",
    ),
    "infinitives sketches and posters say their task": (
        {"task": EACH},
        ("Röntgenbilder in 14 Klassen einzuteilen, ohne Labels", "zero-shot-classification"),
        ("ein Modell, um Zählerstände abzulesen", "ocr-line"),
        ("retrouver une image à partir d'un croquis", "similar-images"),
        ("find a logo by sketch", "similar-images"),
        ("encontrar una imagen a partir de un boceto", "similar-images"),
        ("trovare un'immagine da uno schizzo", "similar-images"),
        ("encontrar uma imagem a partir de um esboço", "similar-images"),
        ("根据草图找图片", "similar-images"),
        ("vectors for product images in our own index, no text queries", "embeddings"),
        ("Alt-Texte für Plakate", "alt-text"),
        ("Plakate beschreiben", "captioning"),
        ("防犯カメラの映像を一文で要約したい", "video-captioning"),
        ("x-rays: we need reports drafted", "captioning"),
    ),
    "examples that nobody has train nothing": (
        {"training": "ready-made", "task": "zero-shot-classification"},
        "Pilze auf Fotos bestimmen, Beispielbilder gibt es keine",
        "identifier des champignons, je n'ai pas d'exemples",
        "identificar setas en fotos, ejemplos no tenemos",
        "riconoscere funghi nelle foto, non abbiamo esempi",
        "identificar cogumelos em fotos, não temos exemplos",
        "identify mushrooms in photos, no labels exist",
    ),
    "a year before a comma counts no pages": (
        {},
        ("deeds from 1890, typewritten, read each page", {"collection": None}),
    ),
    "scrawl helmets and a model that is sought say their task": (
        {"task": EACH},
        ("scanned letters, a doctor's scrawl, into text", "handwriting"),
        ("is the worker wearing a helmet? camera at a building site", "zero-shot-classification"),
        ("Fotos von der Baustelle: trägt jemand keinen Helm?", "zero-shot-classification"),
        ("foto: lleva casco el trabajador", "zero-shot-classification"),
        ("给盲人用户描述商品图", "alt-text"),
        ("describe product photos for blind customers", "alt-text"),
        ("cherche modèle pour répondre à des questions sur des factures", "document-vqa"),
        ("busco modelo para responder preguntas sobre facturas", "document-vqa"),
        ("cerco modello per rispondere a domande sulle fatture", "document-vqa"),
        ("procuro modelo para responder perguntas sobre faturas", "document-vqa"),
    ),
    "a painting is no graphics card": (
        {"device": None},
        "descrivere ogni quadro del museo",
        "descrever um quadro",
        "fotos de quadro branco em markdown",
        ("caption photos, Nvidia Quadro", {"device": "gpu"}),
    ),
    "images with labels or transcriptions are examples": (
        {"pairs": EACH, "collection": None},
        ("nous avons les transcriptions de 5000 lignes manuscrites, entraîner", 5000),
        ("train a reader, we have transcriptions of 5000 handwritten lines", 5000),
        ("welche Krankheit hat die Pflanze? 54.000 Bilder mit Label", 54_000),
        ("clasificar plantas, 900 fotos con etiquetas", 900),
    ),
    "cards of so much memory are no images": (
        {},
        ("descrizioni lunghe di quadri, 2 schede da 24 GB", {"collection": None}),
    ),
    "training that is done and labels of classes": (
        {"task": EACH, "training": EACH},
        (
            "Mein Modell ist schon trainiert, jetzt Bildvektoren für Produktbilder",
            "embeddings",
            None,
        ),
        ("on a déjà entraîné un modèle, il faut lire les étiquettes de vin", "ocr-line", None),
        ("ya hemos entrenado un modelo, ahora describir fotos", "captioning", None),
        ("我们已经训练好模型，现在描述商品图片", "captioning", None),
        ("our model is already trained, now describe product photos", "captioning", None),
        (
            "Wir trainieren ein SDXL-LoRA und brauchen Bildbeschreibungen",
            "dataset-captioning",
            None,
        ),
        ("extract dosage and name from medicine boxes", "field-extraction", None),
        ("photos of tiles with labels, 5 crack classes", "supervised-classification", "fine-tune"),
    ),
    "so many a month are no examples": (
        {},
        ("把发票上的金额读出来，每月5万张，有标注数据", {"collection": 50000}),
    ),
    "clicks on screens and questions about videos are tasks of their own": (
        {"task": EACH},
        ("find where to click on a screenshot", "phrase-grounding"),
        ("click on what an instruction asks for, in a screenshot", "phrase-grounding"),
        ("what happens in this video? answer questions about clips", "video-captioning"),
    ),
    "one tag is not several": (
        {"labels": EACH},
        ("assign one tag per image", "one-true"),
        ("ein Tag pro Bild vergeben", "one-true"),
        ("assign several tags per image", "several-or-none-true"),
        ("tag images with multi tags", "several-or-none-true"),
    ),
    "the verb tag is no german": (
        {"language": None},
        "tag images",
        "tag images multi tags",
    ),
    "the name of a field is no use": (
        {"use": None},
        "extract vendor,date,total from invoices",
        "read receipts: vendor, total as JSON",
    ),
    "graphics cards are no images": (
        {"pairs": None, "collection": 1000000},
        "we have 8 张显卡, caption 1M images",
        "用8张显卡给100万张图片写描述",
    ),
    "what no license may forbid is permitted": (
        {"use": EACH},
        ("nothing non-commercial, caption photos", "commercial"),
        ("no models that are non-commercial, describe product photos", "commercial"),
        ("describe photos, must not be restricted to non-commercial use", "commercial"),
        ("caption photos, cc-by-nc is not acceptable", "commercial"),
        ("caption photos, no research-only licenses", "commercial"),
        ("keine nicht-kommerziellen Lizenzen, Bilder beschreiben", "commercial"),
        ("décrire des photos, pas de licence non commerciale", "commercial"),
        ("describir fotos, nada de licencias no comerciales", "commercial"),
        ("descrivere foto, niente licenze non commerciali", "commercial"),
        ("给图片写说明，不要非商用许可", "commercial"),
        ("写真の説明文、非商用ライセンスは不可", "commercial"),
        ("写真の説明文、商用不可のモデルは除く", "commercial"),
        ("non-commercial, describe photos", "research"),
        ("Bilder beschreiben, nicht kommerziell", "research"),
        ("caption photos for my hobby, non-commercial", "personal"),
        ("search photos by text, free license", "commercial"),
        ("recherche de photos par texte, licence libre", "commercial"),
        ("Bilder per Text suchen, freie Lizenz", "commercial"),
        ("buscar fotos por texto, licencia de código abierto", "commercial"),
        ("cercare foto con testo, licenza aperta", "commercial"),
        ("用文字搜索图片，要开源许可", "commercial"),
        ("画像検索、オープンソースのライセンス", "commercial"),
        ("describe photos with a free model", None),
        ("alt text with an open-source model", None),
    ),
    "what is transcribed goes before what it stands on": (
        {"task": EACH},
        ("transcribe handwritten questionnaires", "handwriting"),
        ("handschriftliche Fragebögen abschreiben", "handwriting"),
        ("transcrire des ordonnances manuscrites", "handwriting"),
        ("transcribir formularios escritos a mano", "handwriting"),
        ("leer recetas médicas escritas a mano", "handwriting"),
        ("trascrivere ricette mediche scritte a mano", "handwriting"),
        ("手書きのアンケートを文字起こししたい", "handwriting"),
        ("把手写的登记表转成文字", "handwriting"),
        ("transcribe typed questionnaires", "ocr-page"),
        ("transcribe the date and the total from handwritten receipts", "field-extraction"),
        ("read handwritten invoices into JSON", "field-extraction"),
    ),
    "pages of handwriting are read whole": (
        {"reading": EACH},
        ("transcribe 500 pages of handwritten diaries", "page"),
        ("handgeschriebenes Kochbuch, 120 Seiten, abtippen", "page"),
        ("transcrire 300 pages de registres manuscrits", "page"),
        ("手書きのノートを200ページ文字起こし", "page"),
        ("handwritten lines cropped from pages, transcribe", "line"),
        ("transcribe handwritten diaries", None),
    ),
    "advice that is asked for is no wish beside one": (
        {"task": EACH},
        ("looking for recommendations: alt text for museum photos", "alt-text"),
        ("any recommendation for captioning photos", "captioning"),
        ("Empfehlung für Bildersuche per Text", "image-search"),
        ("recommandation pour décrire des photos", "captioning"),
        ("recomendación para clasificar fotos de muebles", "zero-shot-classification"),
        ("consigli per descrivere foto", "captioning"),
        ("recommend products", "embeddings"),
        ("product recommender", "embeddings"),
    ),
    "a background that is made transparent is cut out in japanese too": (
        {},
        ("スプライトの背景を透過したい", {"task": "segmentation"}),
        ("写真から人物を切り抜きたい", {"task": "segmentation"}),
    ),
    "a question of an image that lists its answers sorts images": (
        {},
        ("is this image a cat, a dog or a horse", {"task": "zero-shot-classification"}),
        ("is this image sharp?", {"task": "vqa"}),
    ),
    "few words tell a language": (
        {"language": EACH},
        ("etiquetar 10 mil fotos de ropa: vestido, falda, camisa, pantalón. Solo CPU", "es"),
        ("descripción fotos inmuebles 8 GB", "es"),
        ("twee miljoen foto's doorzoeken op tekst", None),  # in no language of the lexicon
        ("sort garden photos: weed, flower, lawn", None),
    ),
    "paintings are drawn": (
        {"domain": "drawn"},
        "descrizioni per quadri del museo",
        "describir cuadros",
        "décrire des tableaux d'un musée",
    ),
    "what a model learns from and shows names no task": (
        {"task": EACH},
        (
            "Rechnungen auslesen: Rechnungsnummer, Betrag. 3000 annotierte Belege, Training geht",
            "field-extraction",
        ),
        ("riconoscere se un'immagine contiene nudità, senza addestramento", "content-moderation"),
        (
            "tell me if two pictures show the same scene or whats different between them",
            "visual-reasoning",
        ),
        ("find the same product in 20k catalogue pictures", "similar-images"),
        ("welches Modell sagt mir, ob ein Foto einen Hund zeigt", "zero-shot-classification"),
        ("dime si una foto muestra un gato", "zero-shot-classification"),
        ("describe photos, cloud is not allowed", "captioning"),
        ("hide uploads that are not allowed", "content-moderation"),
        (
            "clasificar fotos de plantas en 20 clases, tengo 400 fotos etiquetadas",
            "supervised-classification",
        ),
    ),
    "the act tells the task": (
        {"first": EACH},
        ("does the hypothesis follow from the picture? entailment labels", "visual-entailment"),
        ("decide whether a claim about a given photo is entailed", "visual-entailment"),
        ("la phrase découle-t-elle de l'image ?", "visual-entailment"),
        ("¿la afirmación se deduce de la imagen?", "visual-entailment"),
        ("compare two photos of the same room and tell me what changed", "visual-reasoning"),
        ("compare a reference image with a photo, list what is missing", "visual-reasoning"),
        ("are these two photos of the same room?", "similar-images"),
        ("generate images from text prompts with stable diffusion", "image-generation"),
        ("score images from stable diffusion by their text prompts", "generation-scoring"),
        ("generate short videos from text prompts", "image-generation"),
        ("generate captions for short videos", "video-captioning"),
        ("edit a photo by instruction", "image-generation"),
        ("Sprache in Text umwandeln", "speech"),
    ),
    "the same photos that are looked for are duplicates": (
        {},
        ("find the same photos in two folders", {"task": "deduplication"}),
    ),
    "pages embedded with questions are found by their words": (
        {"task": "embeddings", "reading": "page", "text-input": "query"},
        "RAG over 40,000 slides: embed page images and the question in the same space",
        "embed PDF pages and questions in one space",
    ),
    "a year before a word said twice or behind a bracket counts nothing": (
        {"collection": None},
        "Kurrentbriefe (um 1900) Zeile für Zeile transkribieren",
        "Briefe um 1900 Seite für Seite transkribieren",
        "transcribe letters from 1912 page by page",
        "transcrire des lettres de 1912 page par page",
    ),
    "a number before what it counts is no year": (
        {},
        ("transcribe letters from 1912 pages", {"collection": 1912}),
    ),
    "large numbers count what they stand before": (
        {},
        ("15.000 gescannte Lieferscheine auslesen", {"collection": 15_000}),
        ("décrire 450 000 tableaux d'un musée", {"collection": 450_000}),
        ("décrire 450\u202f000 peintures d'un musée", {"collection": 450_000}),
        ("describir 15.000 cuadros", {"collection": 15_000}),
        ("describe 15,000 reports", {"collection": 15_000}),
        ("600.000 Stück Produktfotos nach Text durchsuchen", {"collection": 600_000}),
        ("vérifier le titre de 200 000 annonces avec photo", {"collection": 200_000}),
        ("revisar 200.000 anuncios con foto", {"collection": 200_000}),
        ("flag nudity in 5,000 uploads", {"collection": 5_000}),
        ("動画5000本を要約したい", {"collection": 5_000}),
        ("6000 license plate crops to fine-tune on", {"pairs": 6_000}),
        ("6000 Kennzeichen lesen, zum Trainieren vorhanden", {"pairs": 6_000}),
    ),
    "each number counts what is nearest to it": (
        {},
        ("find similar pictures, best 10 out, 750,000 images", {"collection": 750_000}),
        ("12 GB VRAM and 5k handwritten pages of notes", {"memory-gb": 12, "collection": 5000}),
        ("describe clips of 20 s, 900 of them", {"collection": 900}),
    ),
    "the largest number of images is the collection": (
        {"pairs": None},
        ("how similar are these two logos? 90k registered logos", {"collection": 90_000}),
        ("sort photos into 4 labels, nothing annotated, 3000 photos", {"collection": 3000}),
        ("Äpfel zählen, 1500 Fotos, keine Annotationen", {"collection": 1500}),
    ),
    "how much is written and read goes with the task": (
        {"task": EACH},
        (
            "search old screenshots of error dialogs by the text inside",
            "image-search",
            {"reading": "page"},
        ),
        (
            "formularios escritos a mano, el texto completo de cada página",
            "handwriting",
            {"reading": "page"},
        ),
        ("alt text for paintings, paragraphs", "alt-text", {"text-length": "paragraph"}),
        ("légendes courtes pour des photos", "captioning", {"text-length": "sentence"}),
        ("pies de foto cortos para fotografías", "captioning", {"text-length": "sentence"}),
        ("kurze Bildunterschriften für Fotos", "captioning", {"text-length": "sentence"}),
        ("给照片生成英文标题", "captioning", {"language": "en"}),
    ),
    "what stands beside memory and numbers is read": (
        {},
        ("responder perguntas sobre fotos, placa de 8GB", {"device": "gpu"}),
        ("describe photos on a 16GB card", {"device": "gpu"}),
        ("ler placas de carros, GPU de 8GB", {"device": "gpu", "reading": "scene-words"}),
        ("multimodal RAG over PDF slides", {"text-input": "query", "reading": "page"}),
        ("embed slides so my RAG can find the right chart", {"text-input": None}),
        ("count up to 5000 bacteria per plate", {"collection": None}),
        ("Zwei Sachen: Fotos beschreiben und danach durchsuchen", {"collection": None}),
    ),
    "a limit of size is one of parameters": (
        {"millions": EACH, "collection": None},
        ("caption photos, something under 1B", 1000),
        ("small model (<500M) to describe product photos", 500),
        ("describe photos with at most 2 billion parameters", 2000),
        ("Fotos beschreiben, unter 1 Mrd. Parameter", 1000),
        ("légender des photos, moins de 2 milliards de paramètres", 2000),
        ("describir fotos, menos de 1B", 1000),
        ("descrivere foto, meno di 3B", 3000),
        ("descrever fotos, no máximo 2B", 2000),
        ("需要小于1B的模型描述图片", 1000),
        ("写真の説明文を作るモデル（500M以下）", 500),
    ),
    "what a model or a collection is of is no limit of size": (
        {"millions": None},
        "a 7B model to caption photos",
        "caption under 2 million photos",
    ),
}
"""What is meant, and sentences with it: in each, what stands first, and what stands behind it."""


@pytest.mark.parametrize(("text", "meant"), meanings(MEANT))
def test_a_sentence_means_what_it_says(rulebase, text, meant):
    assert meaning(rulebase, text, meant) == meant


def test_a_sentence_without_spaces_is_no_misspelt_name(rulebase):
    assert "no word that advisor understands" in str(not_understood(rulebase, "トマトを育てたい"))
    assert "unknown command or task" in str(not_understood(rulebase, "recomend"))


@pytest.mark.parametrize("text", ["describe photos of animals", "find photos of flowers by text"])
def test_everyday_photos_of_living_things_are_no_special_domain(rulebase, text):
    domain = options_of(rulebase, text).get("domain")
    assert domain is None or domain.options == ("everyday",)


@pytest.mark.parametrize("text", ["describe photos on a 3060", "describe photos on 2x A100"])
def test_the_number_of_a_machine_counts_no_photos(rulebase, text):
    options = options_of(rulebase, text)
    assert "collection" not in options
    assert "memory-gb" in options


def test_a_page_is_a_document_where_nothing_is_said_of_what_it_shows(rulebase):
    assert options_of(rulebase, "Kirchenbücher in Kurrent lesen")["domain"].named == ("kurrent",)
    assert options_of(rulebase, "read scanned pages")["domain"].options == ("documents",)
    assert options_of(rulebase, "multimodal RAG over slides")["reading"].options == ("page",)
    assert "documents" not in options_of(rulebase, "search my scanned photos")["domain"].names


@pytest.mark.parametrize("name", ["blip", "trocr", "llava"])
def test_a_name_that_is_no_other_word_needs_no_capital(rulebase, name):
    assert read(rulebase, f"is {name} good for captions?").names


@pytest.mark.parametrize(
    "text", ["clip art by text", "a donut on a photo", "photos in a git folder"]
)
def test_a_word_that_is_a_name_too_needs_one(rulebase, text):
    assert not read(rulebase, text).names


UPLOADS = "flag nudity in user uploads, about 40 uploads per second, T4"


def test_the_answer_holds_to_the_time_of_a_sentence(engine):
    answer = understand(engine, UPLOADS)
    assert answer.recommendation.rulebase.bounds.hours == 24
    first = answer.advice.selection.picks[0]
    unbounded = understand(engine, UPLOADS.replace(" per second", ""))
    assert unbounded.recommendation.rulebase.bounds is None
    assert unbounded.advice.selection.picks[0].checkpoint != first.checkpoint
    assert answer.reading.words(limit.span for limit in answer.limits) == ("per second",)
    assert answer.confirming == () or "--within 24h" in answer.confirming[0]
    assert "within: 24h" in str(answer.to_page())
    assert "--within" not in answer.command  # the sentence says it


@pytest.mark.parametrize(
    "text",
    [
        "40 photos per second to describe",
        "200 million photos to caption in a day, Chinese, A100 80GB",
    ],
)
def test_a_time_that_no_checkpoint_is_known_to_keep_is_said_with_the_fastest(engine, text):
    answer = understand(engine, text)
    assert [limit.bound for limit in answer.limits] == [TIME]
    assert "none is known to finish within 24 h; the fastest known" in str(answer.to_page())


def test_a_model_of_the_language_that_is_a_pickle_is_not_denied(rulebase):
    """The catalogue holds French handwriting models, which are not loaded."""
    name = "handwriting-in-a-language-without-a-ready-reader"
    reason = next(rule.because for rule in rulebase.rules if rule.id == name)
    assert "no usable handwriting model" in reason
    pickles = [one for id, one in rulebase.checkpoints.items() if id in reason]
    assert [one.weights for one in pickles] == ["pickle"]


def test_what_is_answered_has_no_more_parameters_than_it_may(engine):
    picks = understand(
        engine, "small model (<500M) to describe product photos"
    ).advice.selection.picks
    assert picks
    assert all(pick.checkpoint.parameters_millions <= 500 for pick in picks)


@pytest.mark.parametrize(
    ("text", "task", "domain"),
    [
        ("find scanned slides by text", "image-search", "everyday"),
        ("Eingescannte Dias mit Suchbegriffen durchsuchen", "image-search", "everyday"),
        ("describe the images of our website", "captioning", None),
        ("Bilder auf Webseiten beschreiben", "captioning", None),
        ("answer questions about technical drawings", "document-vqa", "documents"),
        ("transcribe handwritten exam answers", "handwriting", None),
        ("识别试卷上的手写答案", "handwriting", "documents"),
        ("leer las etiquetas de vino en fotos", "ocr-line", None),
        ("what's written on these gravestones?", "ocr-line", None),
        ("Was steht auf den Klingelschildern?", "ocr-line", None),
        ("count students in photos, no GPU, no training", "counting", None),
        ("identify plants in airplane mode", "zero-shot-classification", "organisms"),
    ],
)
def test_words_are_read_by_those_around_them(rulebase, text, task, domain):
    assert tasks_of(rulebase, text) == [task]
    read_domain = options_of(rulebase, text).get("domain")
    assert domain is None or domain in read_domain.names
    assert domain or read_domain is None or "documents" not in read_domain.names


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("車のナンバーを読み取りたい", "ocr-line"),
        ("aus gescannten Arztbriefen Diagnose und Datum holen", "field-extraction"),
        ("légender des photos, pas plus de 2 Md de paramètres", "captioning"),
    ],
)
def test_words_of_forms_plates_and_numbers_are_known(rulebase, text, task):
    assert tasks_of(rulebase, text) == [task]
    assert "Md" not in text or limit_of(read(rulebase, text), SIZE) == 2000


@pytest.mark.parametrize(
    "text",
    [
        "identify plants in photos by their latin names",
        "Pflanzen auf Fotos bestimmen, nur die lateinischen Namen",
        "identifier des plantes, seulement les noms latins",
        "identificar plantas en fotos, solo nombres científicos",
        "identificare piante nelle foto, solo i nomi latini",
        "identificar plantas em fotos, só os nomes científicos",
        "识别照片里的植物，只有拉丁学名",
        "read street signs in photos, Latin script",
    ],
)
def test_latin_names_and_letters_are_no_language(rulebase, text):
    language = options_of(rulebase, text).get("language")
    assert language is None or "other-language" not in language.options


def test_a_camera_at_the_door_and_the_name_of_a_model_are_no_tasks(rulebase):
    reading = read(rulebase, "describe clips from a doorbell camera")
    assert not {answer.question for answer in reading.answers} & {"reading"}
    reading = read(rulebase, "classify scans into 12 types, layoutlm or donut")
    assert "document-layout" not in [task.task for task in (*reading.tasks, *reading.besides)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("describe photos with a free model", "free"),
        ("alt text for icons with an open-source model", "open-source"),
        ("OCR de tickets en español en Colab gratis", "gratis"),
        ("décrire des photos avec un modèle libre", "libre"),
        ("Bilder beschreiben, kostenlos", "kostenlos"),
    ],
)
def test_what_costs_nothing_is_told_to_have_no_effect(rulebase, text, words):
    reading = read(rulebase, text)
    assert words in reading.words(reading.idle)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (
            "etiquetar fotos de ropa: vestido, falda, camisa. Solo CPU",
            ("vestido", "falda", "camisa"),
        ),
        ("classify UI screenshots into login, checkout, error", ("login", "checkout", "error")),
        ("Fotos sortieren: Stuhl, Tisch und Schrank", ("Stuhl", "Tisch", "Schrank")),
        ("商品写真分類：シャツ、ズボン、帽子", ("シャツ", "ズボン", "帽子")),
        ("sort scans into the usual types, memo, letter, form", ("memo", "letter", "form")),
        ("sort street photos: hotel, bank, school", ("hotel", "bank", "school")),
        ("sort photos: cats, dogs, CPU only", ("cats", "dogs")),
        ("sort photos into deer, boar, fox on a laptop", ("deer", "boar", "fox")),
        ("sort photos: cats, dogs, birds with CLIP", ("cats", "dogs", "birds")),
        ("Reh, Wildschwein, Fuchs erkennen", ("Reh", "Wildschwein", "Fuchs")),
        ("classify deer, boar and fox", ("deer", "boar", "fox")),
        ("is this photo a kitchen, bathroom or bedroom?", ("kitchen", "bathroom", "bedroom")),
        ("is this photo blurry, yes or no?", ()),
        ("sort photos by color, size, shape", ()),
        ("recognize text, tables, formulas", ()),
        ("classify French, German and Italian documents", ()),
        ("sort photos: 8 GB, no GPU, German", ()),
        ("classify photos in German, French, Italian", ()),
        ("sort photos into cats, dogs", ()),  # two behind a word may be anything
        ("sort photos: cats", ()),
        ("describe photos: cats, dogs, birds", ()),
    ],
)
def test_labels_are_listed_behind_a_colon_a_word_or_beside_the_verb(rulebase, text, labels):
    reading = read(rulebase, text)
    assert reading.words(reading.labels) == labels
    assert not set(labels) & set(reading.words(reading.not_understood))
    assert "use" not in options_of(rulebase, text)


@pytest.mark.parametrize(
    "text",
    [
        "extract name and date of birth as JSON from scanned letters",
        "extract dob and patient name from the text of scans",
        "extract total and vendor as JSON from photos of letters",
    ],
)
def test_named_fields_are_extracted_though_letters_are_text_too(rulebase, text):
    assert tasks_of(rulebase, text)[:1] == ["field-extraction"]
    assert tasks_of(rulebase, "extract the text of scanned letters")[0] == "ocr-page"


@pytest.mark.parametrize(
    ("text", "text_input"),
    [
        (
            "classify scanned docs into invoice / letter / resume / form, no training data",
            "nothing",
        ),
        ("sort scans into invoice, letter, memo", "nothing"),
        ("classify German scans into invoice, letter, form", None),
        ("sort scans into contract, letter, memo", None),
        ("sort scans into invoice, letter, memo, 800 labelled scans", None),
    ],
)
def test_kinds_that_a_published_classifier_knows_need_no_names(rulebase, text, text_input):
    reading = read(rulebase, text)
    assert [task.task for task in reading.tasks] == ["document-classification"]
    assert not reading.besides
    answers = {one.question: one.answer.options for one in reading.concluded}
    assert answers.get("text-input") == ((text_input,) if text_input else None)
    assert not text.count("/") or reading.words(reading.labels) == (
        "invoice",
        "letter",
        "resume",
        "form",
    )


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("answer questions about photos, 2x3090", True),
        ("caption photos on two A100 40gb", True),
        ("caption photos on an RTX 3090", False),
        ("search 2 million photos on a 3090", False),
    ],
)
def test_of_several_cards_the_memory_of_one_is_told(engine, text, several):
    page = str(understand(engine, text).to_page(whole=True))
    assert ("the memory of one card" in page) == several


def test_the_run_on_a_video_is_one_on_its_frames(engine):
    page = str(understand(engine, "caption x.mp4").to_page())
    assert "--folder frames/" in page
    assert "photo.jpg" not in page


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("smallest model for captioning photos on a card with 24 GB", "small"),
        ("smallest model for captioning photos", "quality"),
        ("captioning photos on a card with 24 GB", "quality"),
    ],
)
def test_the_smallest_that_fits_a_machine_is_asked_for(engine, text, order):
    understanding = understand(engine, text)
    assert understanding.recommendation.order == order
    sorts = "--sort memory" in understanding.command
    assert sorts == ("--sort memory" in understanding.confirming[0]) == (order == "small")
    if sorts:
        best = understand(engine, text.replace("smallest ", "")).advice.selection.picks[0]
        assert understanding.advice.selection.picks[0].memory_gb < best.memory_gb / 2


@pytest.mark.parametrize(
    ("text", "first", "other"),
    [
        ("Caption AND search my photo archive", "image-search", "captioning"),
        ("caption my photos and search them by text", "image-search", "captioning"),
        ("Fotos beschriften und nach Stichwort durchsuchen", "image-search", "captioning"),
        ("describir fotos y buscarlas por texto", "image-search", "captioning"),
        ("descrivere le foto e trovare i doppioni", "deduplication", "captioning"),
        ("caption and tag my holiday pictures", "zero-shot-classification", "captioning"),
        ("find photos whose captions mention a dog and a cat", "image-search", None),
        ("find photos of a dog and a cat by text", "image-search", None),
        ("find and read license plates", "ocr-line", None),
    ],
)
def test_two_acts_that_a_word_joins_are_two_tasks(rulebase, text, first, other):
    reading = read(rulebase, text)
    assert reading.tasks[0].task == first
    others = [task.task for task in reading.besides]
    assert other in others if other else not others


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("caption photos on 1 rtx 6000 48gb", {"device": "gpu", "memory-gb": 48}),
        ("caption photos, quadro rtx 5000", {"device": "gpu"}),
        ("caption photos, 2 rtx 4000", {"device": "gpu"}),
        ("caption photos, A2000 12GB", {"device": "gpu", "memory-gb": 12}),
        ("légender des photos, carte 16 Go", {"device": "gpu", "memory-gb": 16}),
        ("caption photos, small please", {"memory-gb": "up-to-4-gb"}),
        ("find duplicates in half a million photos", {"collection": "few-millions"}),
    ],
)
def test_cards_and_sizes_in_words(rulebase, text, answers):
    reading = read(rulebase, text, given=())
    said = {each.question: each.answer for each in (*reading.answers, *reading.concluded)}
    assert {id: said[id].value or said[id].options[0] for id in answers} == answers
    assert said.keys() & {"collection"} == answers.keys() & {"collection"}


@pytest.mark.parametrize(
    "text", ["caption and tag the same photos", "tag and caption the same images"]
)
def test_acts_on_the_same_photos_are_two_tasks_and_seek_no_duplicates(rulebase, text):
    reading = read(rulebase, text)
    tasks = {one.task for one in (*reading.tasks, *reading.besides)}
    assert tasks == {"captioning", "zero-shot-classification"}


@pytest.mark.parametrize(
    ("text", "by_words"),
    [
        ("search my 900 screenshots by text", True),
        ("search my 900 screenshots by text inside the browser", False),
        ("search scanned contracts by text on an iPhone", False),
    ],
)
def test_pages_are_found_by_their_words_where_a_page_retriever_runs(rulebase, text, by_words):
    assert ("reading" in options_of(rulebase, text)) is by_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("European models only: caption my photos", "European models"),
        ("caption my photos, no American models", "American models"),
        ("Fotos beschreiben, nur europäische Modelle", "europäische Modelle"),
        ("légender mes photos, modèles européens", "modèles européens"),
    ],
)
def test_where_makers_sit_is_told_to_be_unknown(engine, text, words):
    page = " ".join(str(understand(engine, text).to_page()).split())
    assert read(engine.rulebase, text).words(read(engine.rulebase, text).makers) == (words,)
    assert "the countries of makers" in page
    assert "the countries of makers" not in str(understand(engine, "caption my photos").to_page())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Handschrift lesen, 1200 Zeilen Transkription vorhanden", 1200),
        ("read handwriting, 300 lines of transcription available", 300),
    ],
)
def test_lines_of_transcription_are_examples(rulebase, text, number):
    answers = options_of(rulebase, text)
    assert answers["pairs"].value == number
    assert answers["training"].options == ("fine-tune",)
    assert "collection" not in answers


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("find duplicate slides in our decks", "deduplication"),
        ("find duplicate pages in scans", "deduplication"),
        ("find duplicate screenshots", "deduplication"),
        ("find slides by text", "image-search"),
        ("RAG over product photos with text questions", "embeddings"),
        ("ask questions about product photos", "vqa"),
    ],
)
def test_copies_of_pages_are_copies_and_rag_with_questions_embeds(rulebase, text, task):
    assert tasks_of(rulebase, text) == [task]


@pytest.mark.parametrize("between", ["and no", "or"])
def test_makers_of_two_countries_are_ruled_out_as_far_as_known(rulebase, between):
    text = f"caption photos, no Chinese {between} American models"
    assert [limit.text for limit in read(rulebase, text).limits] == ["China"]
    assert "language" not in options_of(rulebase, text)
