import argparse

import torch
from PIL import Image
from transformers import BlipForConditionalGeneration, BlipProcessor


def generate_caption(raw_image, device):
    if device == "cuda":
        inputs = processor(raw_image, return_tensors="pt").to("cuda", torch.float16)
    else:
        inputs = processor(raw_image, return_tensors="pt")
    out = blip_model.generate(**inputs)
    return processor.decode(out[0], skip_special_tokens=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser("Grounded-Segment-Anything")
    parser.add_argument("--input_image", type=str, required=True)
    parser.add_argument("--device", type=str, default="cpu")
    args = parser.parse_args()
    image_pil = Image.open(args.input_image).convert("RGB")

    processor = BlipProcessor.from_pretrained("Salesforce/blip-image-captioning-large")
    if args.device == "cuda":
        blip_model = BlipForConditionalGeneration.from_pretrained(
            "Salesforce/blip-image-captioning-large", dtype=torch.float16
        ).to("cuda")
    else:
        blip_model = BlipForConditionalGeneration.from_pretrained(
            "Salesforce/blip-image-captioning-large"
        )
    caption = generate_caption(image_pil, device=args.device)
    print(caption)
