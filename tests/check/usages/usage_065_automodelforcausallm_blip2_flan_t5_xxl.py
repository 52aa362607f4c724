import torch
from transformers import AutoModelForCausalLM, AutoProcessor

ID = "Salesforce/" + "blip2-flan-t5-xxl"


def load_grounder():
    processor = AutoProcessor.from_pretrained(ID)
    model = AutoModelForCausalLM.from_pretrained(ID, dtype=torch.float16, device_map="auto")
    return processor, model
