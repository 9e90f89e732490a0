"""The face of delivery: reports leave by mail and by channels, with the delivery ledger."""

from tracker.deliver.mail import SmtpMailer
from tracker.deliver.sending import Delivery, DeliveryOutcome, Ledger, send_report, would_send
from tracker.deliver.ways import Refused, Way

__all__ = ["Delivery", "DeliveryOutcome", "Ledger", "Refused", "SmtpMailer", "Way", "send_report", "would_send"]
