# ruff: noqa: E501, SIM905  (headers read best as their makers write them)

"""Export files of common products, with the headers that their makers document."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

SHOPIFY_ORDERS = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem compare at price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem taxable",
    "Lineitem fulfillment status",
    "Billing Name",
    "Billing Street",
    "Billing Address1",
    "Billing Address2",
    "Billing Company",
    "Billing City",
    "Billing Zip",
    "Billing Province",
    "Billing Country",
    "Billing Phone",
    "Shipping Name",
    "Shipping Street",
    "Shipping Address1",
    "Shipping Address2",
    "Shipping Company",
    "Shipping City",
    "Shipping Zip",
    "Shipping Province",
    "Shipping Country",
    "Shipping Phone",
    "Notes",
    "Note Attributes",
    "Cancelled at",
    "Payment Method",
    "Payment Reference",
    "Refunded Amount",
    "Vendor",
    "Outstanding Balance",
    "Employee",
    "Location",
    "Device ID",
    "Id",
    "Tags",
    "Risk Level",
    "Source",
    "Lineitem discount",
    "Tax 1 Name",
    "Tax 1 Value",
    "Tax 2 Name",
    "Tax 2 Value",
    "Tax 3 Name",
    "Tax 3 Value",
    "Tax 4 Name",
    "Tax 4 Value",
    "Tax 5 Name",
    "Tax 5 Value",
    "Phone",
    "Receipt Number",
    "Duties",
    "Billing Province Name",
    "Shipping Province Name",
    "Payment ID",
    "Payment Terms Name",
    "Next Payment Due At",
    "Payment References",
]
FORMS_EN = ["ID", "Start time", "Completion time", "Email", "Name"]
FORMS_NL = ["ID", "Begintijd", "Tijd van voltooien", "E-mail", "Naam", "Tijd van laatste wijziging"]


def csv_text(
    header: Sequence[str],
    rows: Sequence[Mapping[str, Any] | Sequence[Any]],
    *more: Sequence[str],
    **options: Any,
) -> str:
    """Rows as text; a row is cells, or a mapping of those that are not blank."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=options.pop("end", "\r\n"), **options)
    writer.writerows([header, *more])
    writer.writerows([row.get(h, "") for h in header] if isinstance(row, Mapping) else row for row in rows)
    return buffer.getvalue()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A file of text."""
    path.write_bytes(text.encode(encoding))
    return path


def workbook(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """A workbook of one sheet; text stays text, dates are dates."""
    with xlsxwriter.Workbook(str(path), {"default_date_format": "m/d/yy h:mm:ss"}) as book:
        sheet = book.add_worksheet("Sheet1")
        for r, cells in enumerate([header, *rows]):
            for c, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(r, c, cell)
                else:
                    sheet.write(r, c, cell)
    return path


# headers, as their makers document them

QUALTRICS = "StartDate,EndDate,Status,IPAddress,Progress,Duration (in seconds),Finished,RecordedDate,ResponseId,RecipientLastName,RecipientFirstName,RecipientEmail,ExternalReference,LocationLatitude,LocationLongitude,DistributionChannel,UserLanguage".split(
    ","
)
QUALTRICS_TEXTS = "Start Date,End Date,Response Type,IP Address,Progress,Duration (in seconds),Finished,Recorded Date,Response ID,Recipient Last Name,Recipient First Name,Recipient Email,External Data Reference,Location Latitude,Location Longitude,Distribution Channel,User Language".split(
    ","
)
LIMESURVEY_CODES = "id,submitdate,lastpage,startlanguage,seed,startdate,datestamp".split(",")
LIMESURVEY_FULL = (
    "Response ID,Date submitted,Last page,Start language,Seed,Date started,Date last action".split(",")
)
SURVEYMONKEY = "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1".split(
    ","
)
SURVEYMONKEY_OLD = "RespondentID,CollectorID,StartDate,EndDate,LastName,Custom Data".split(",")
TYPEFORM_END = (
    "Response Type,Start Date (UTC),Stage Date (UTC),Submit Date (UTC),Network ID,Tags,Ending".split(",")
)
TYPEFORM_OLD_END = "Start Date (UTC),Submit Date (UTC),Network ID".split(",")
FORMBRICKS = (
    "No.,Response ID,Timestamp,Finished,Quotas,Survey ID,Formbricks ID (internal),User ID,Tags".split(",")
)
SHOPIFY_CUSTOMERS = "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt".split(
    ","
)
WOO_ORDERS = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,Attribution".split(
    ","
)
WOO_ORDERS_OLD = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),N. Revenue".split(
    ","
)
WOO_CUSTOMERS = "Name,Username,Last Active,Sign Up,Email,Orders,Total Spend,AOV,Country / Region,City,Region,Postal Code".split(
    ","
)
MAGENTO = "ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total (Purchased),Status,Billing Address,Shipping Address,Shipping Information,Customer Email,Customer Group,Subtotal,Shipping and Handling,Customer Name,Payment Method,Total Refunded,Allocated sources,Pickup Location Code".split(
    ","
)
LIGHTSPEED = "Firstname,Lastname,E-Mail,Internal ID,Registered,Language,LastnamePreposition,Phone,Mobile,Customer type,Company,Coc number,Vat number,Attn,Streetname,Address 2,Number,Extension,Zipcode,City,Region,Country,Shipping Attn".split(
    ","
)
HUBSPOT = "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Create Date,Associated Company IDs".split(
    ","
)
HUBSPOT_DEALS = (
    "Record ID,Deal Name,Deal Stage,Amount,Deal owner,Associated Company IDs,Associated Contact IDs".split(
        ","
    )
)
SALESFORCE = "Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Salutation,Name,MailingCountry,Phone,Email,LeadSource,OwnerId,CreatedDate,LastModifiedDate,SystemModstamp,LastActivityDate,EmailBouncedReason,EmailBouncedDate".split(
    ","
)
MAILCHIMP = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS".split(
    ","
)
TRUSTPILOT = "Domain Url,Webshop Name,Business Unit Id,Review Id,Review Created (UTC),Review Consumer User Id,Review Username,Review User Email,Review Title,Review Content,Review Stars,Source Of Review,Location Name,Business Reply Date (UTC)".split(
    ","
)
