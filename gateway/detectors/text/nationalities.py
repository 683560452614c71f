"""What people of each country are called, in the languages that are read."""

from __future__ import annotations

import re

_EN = """Afghan Albanian Algerian American Angolan Argentinian Argentine Armenian Australian Austrian Azerbaijani
Bangladeshi Belarusian
Belgian Bolivian Bosnian Brazilian British Bulgarian Cameroonian Canadian Chilean Chinese Colombian Congolese
Croatian Cuban Cypriot Czech Danish
Dutch Ecuadorian Egyptian English Eritrean Estonian Ethiopian Finnish French Gambian Georgian German Ghanaian Greek
Guinean Haitian
Hungarian Icelandic Indian Indonesian Iranian Iraqi Irish Israeli Italian Ivorian Jamaican Japanese Jordanian Kazakh
Kenyan Korean Kosovar
Kuwaiti Kyrgyz Latvian Lebanese Liberian Libyan Lithuanian Luxembourgish Macedonian Malaysian Malian Maltese
Mauritanian Mexican Moldovan
Mongolian Montenegrin Moroccan Nepalese New\\sZealand Nigerian Norwegian Pakistani Palestinian Peruvian Philippine
Filipino Polish Portuguese
Romanian Russian Rwandan Saudi Scottish Senegalese Serbian Singaporean Slovak Slovakian Slovenian Slovene Somali
Spanish Sri\\sLankan Sudanese
Swedish Swiss Syrian Taiwanese Tajik Tamil Tanzanian Thai Tunisian Turkish Turkmen Ugandan Ukrainian Uruguayan Uzbek
Venezuelan Vietnamese
Welsh Yemeni Zairean Zambian Zimbabwean"""
_FR = """afghan(?:e)? albanais(?:e)? algérien(?:ne)? allemand(?:e)? américain(?:e)? anglais(?:e)? argentin(?:e)?
arménien(?:ne)? australien(?:ne)? autrichien(?:ne)?
azerbaïdjanais(?:e)? belge bosniaque britannique brésilien(?:ne)? bulgare camerounais(?:e)? canadien(?:ne)?
chilien(?:ne)? chinois(?:e)? chypriote colombien(?:ne)?
congolais(?:e)? coréen(?:ne)? croate cubain(?:e)? danois(?:e)? espagnol(?:e)? estonien(?:ne)? finlandais(?:e)?
français(?:e)? géorgien(?:ne)? grec(?:que)? guinéen(?:ne)?
hongrois(?:e)? indien(?:ne)? irakien(?:ne)? iranien(?:ne)? irlandais(?:e)? islandais(?:e)? israélien(?:ne)?
italien(?:ne)? ivoirien(?:ne)? japonais(?:e)? kurde letton(?:ne)?
libanais(?:e)? lituanien(?:ne)? luxembourgeois(?:e)? macédonien(?:ne)? malien(?:ne)? maltais(?:e)? marocain(?:e)?
mexicain(?:e)? moldave néerlandais(?:e)? nigérian(?:e)?
norvégien(?:ne)? pakistanais(?:e)? palestinien(?:ne)? polonais(?:e)? portugais(?:e)? roumain(?:e)? russe serbe
slovaque slovène somalien(?:ne)? suédois(?:e)? suisse
syrien(?:ne)? sénégalais(?:e)? tchèque tunisien(?:ne)? turc turque ukrainien(?:ne)? vietnamien(?:ne)? écossais(?:e)?
égyptien(?:ne)?"""
_ES = """afgan[oa] albanés albanesa alemán alemana argelin[oa] argentin[oa] armeni[oa] australian[oa] austriac[oa]
belga boliviano bosni[oa] brasileñ[oa] británic[oa] búlgar[oa]
canadiense checo checa chilen[oa] chin[oa] chipriota colombian[oa] coreano croata cuban[oa] danés danesa
ecuatorian[oa] egipci[oa] escocés escocesa eslovac[oa] eslovenoa? español española
estadounidense estoni[oa] finlandés finlandesa francés francesa georgian[oa] grieg[oa] holandés holandesa húngar[oa]
indi[oa] inglés inglesa iraní iraquí irlandés irlandesa islandés
islandesa israelí italian[oa] japonés japonesa letón letona libanés libanesa lituan[oa] maltés maltesa marroquí
mexican[oa] moldav[oa] neerlandés neerlandesa nigerian[oa] norueg[oa]
pakistaní palestin[oa] peruan[oa] polac[oa] portugués portuguesa ruman[oa] rus[oa] serbi[oa] siri[oa] somalí suec[oa]
suiz[oa] tunecin[oa] turc[oa] ucranian[oa] venezolan[oa] vietnamita"""
NATIONALITIES = {
    "en": re.compile(r"\b(?:" + "|".join(_EN.split()) + r")s?\b"),
    "fr": re.compile(r"\b(?:" + "|".join(_FR.split()) + r")s?\b", re.IGNORECASE),
    "es": re.compile(r"\b(?:" + "|".join(_ES.split()) + r")(?:e?s)?\b", re.IGNORECASE),
}
