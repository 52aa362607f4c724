"""Decide from Python: `python examples/decide.py`.

Prints:
    captioning: Qwen/Qwen3.5-0.8B
    image-search: clip (assumed)
    receipts: vision-encoder-decoder (decided)
    why not clip: CLIP has no text decoder, so it cannot generate text
"""

# ruff: noqa: T201 - a program prints
import advisor

answer = advisor.recommend(task="captioning", memory_gb=2)
print(f"captioning: {answer.checkpoint}")

rules = advisor.load_rules()
receipts = {"task": "field-extraction", "training": "fine-tune", "examples": "texts", "pairs": 5000}
for name, answers in {"image-search": {"task": "image-search"}, "receipts": receipts}.items():
    decision = advisor.recommend(rules, answers).advice[0].decision
    print(f"{name}: {decision.family} ({decision.outcome})")

explanation = advisor.explain(task="captioning", why_not="clip")
print(f"why not clip: {explanation.why_not[0].reasons[0].because.partition('. ')[0]}")
