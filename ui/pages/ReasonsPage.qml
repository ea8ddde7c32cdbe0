// What can be had stands above what cannot; what cannot says why, and leads to its ways on.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ReasonsContent shown: view as ReasonsContent
    title: shown.title
    lead: shown.lead
    // Above what is pressed: how to object, where there is room for it.
    Note {
        visible: wanted && (Theme.wide ? !(Theme.lowered && Theme.elder) : y + height + 24 <= list.y)
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        text: page.shown.note
        size: Theme.hint
        tone: "plain"
        icon: "info"
    }
    Turning {
        id: list
        y: page.low
        width: parent.width
        height: parent.height - y
        of: page.view
        carded: false
        spacing: 24
        Label {
            readonly property bool wanted: text.length > 0
            width: list.blockWidth
            text: page.shown.canTitle
            font.pixelSize: Theme.hint
            font.bold: true
            color: Theme.soft
        }
        Repeater {
            model: page.shown.can
            OptionButton {
                required property OptionPart modelData
                objectName: modelData.key
                width: list.blockWidth
                height: Math.max(Theme.big(148), implicitHeight)
                title: modelData.title
                hint: modelData.hint
                iconName: modelData.icon
                tone: "good"
                onClicked: CurrentPage.answer(modelData.key)
            }
        }
        Label {
            readonly property bool wanted: text.length > 0
            width: list.blockWidth
            text: page.shown.cannotTitle
            font.pixelSize: Theme.hint
            font.bold: true
            color: Theme.soft
        }
        Repeater {
            model: page.shown.cannot
            OptionButton {
                required property OptionPart modelData
                objectName: modelData.key
                width: list.blockWidth
                height: Math.max(Theme.big(132), implicitHeight)
                title: modelData.title
                hint: modelData.hint
                iconName: modelData.icon
                tone: "attention"
                onClicked: CurrentPage.answer(modelData.key)
            }
        }
    }
}
