"""A project that uses the topics: it needs neither Streamkap's credentials nor its package."""

import pulumi

sources = pulumi.StackReference(pulumi.Config().require("sourcesStack"))

# Where a real project grants access to each topic, or subscribes to it.
topics = sources.require_output("topics")

pulumi.export("source_id", sources.require_output("source_id"))
pulumi.export("status", sources.require_output("status"))
pulumi.export("consumer_groups", topics.apply(lambda names: {name: f"report-{name}" for name in names}))
