"""Fetches the weights while the image is built."""

from transformers import CLIPModel, CLIPProcessor

MODELS = {"siglip": "google/siglip-base-patch16-256"}


def download() -> None:
    for name, model_id in MODELS.items():
        print(f"Downloading {name}")
        CLIPProcessor.from_pretrained(model_id)
        CLIPModel.from_pretrained(model_id)


if __name__ == "__main__":
    download()
