"""What a terminal shows: texts that fit and do no harm, amounts, bars, tables. Pure."""
